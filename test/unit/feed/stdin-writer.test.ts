import { Writable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { StdinWriter } from '../../../src/feed/stdin-writer.ts'
import { makeFragments, plainMuxer } from './make-fragments.ts'

/** A process's input that takes one write at a time, when it is told to. */
class SlowInput extends Writable {
  readonly taken: string[] = []
  ended = false
  #done: (() => void) | undefined

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.taken.push(chunk.toString().slice(0, 2))
    this.#done = done
  }

  override _final(done: () => void): void {
    this.ended = true
    done()
  }

  /** Takes what is being written, and lets the writer go on. */
  async takeOne(): Promise<void> {
    const done = this.#done
    this.#done = undefined
    done?.()
    await new Promise(setImmediate)
  }
}

describe('StdinWriter', () => {
  test('writes the initialisation segment, then the fragments in order, one at a time', async () => {
    const input = new SlowInput()
    const writer = new StdinWriter(input, plainMuxer)
    for (const fragment of makeFragments('K-K')) writer.add(fragment)
    expect(input.taken).toEqual(['in'])
    expect(input.writableLength).toBe(2)
    expect(writer.queuedBytes).toBe(30)
    for (let count = 0; count < 4; count += 1) await input.takeOne()
    expect(input.taken).toEqual(['in', 'K0', '-1', 'K2'])
    expect(writer.queuedBytes).toBe(0)
  })

  test('keeps within its limits when nothing is taken, and goes on with a keyframe', async () => {
    const input = new SlowInput()
    const writer = new StdinWriter(input, plainMuxer)
    // 1000 s: far more than the limit.
    for (const fragment of makeFragments('K-'.repeat(500))) writer.add(fragment)
    expect(writer.queuedBytes).toBe(80)
    expect(writer.dropped).toBe(992)
    expect(input.writableLength).toBe(2)
    await input.takeOne()
    expect(input.taken).toEqual(['in', 'K9'])
  })

  test('end() sends what is queued first, abort() does not', async () => {
    const [polite, hasty] = [new SlowInput(), new SlowInput()]
    const writers = [polite, hasty].map((input) => new StdinWriter(input, plainMuxer))
    for (const writer of writers) for (const fragment of makeFragments('K-')) writer.add(fragment)
    writers[0]?.end()
    writers[1]?.abort()
    for (let count = 0; count < 3; count += 1) await Promise.all([polite.takeOne(), hasty.takeOne()])
    expect([polite.taken, polite.ended]).toEqual([['in', 'K0', '-1'], true])
    expect([hasty.taken, hasty.ended]).toEqual([['in'], true])
  })

  test('hands out what it was granted, up to one fragment more; the rest can still be left out', async () => {
    const input = new SlowInput()
    const writer = new StdinWriter(input, plainMuxer)
    writer.grant(15)
    for (const fragment of makeFragments('K---')) writer.add(fragment)
    for (let count = 0; count < 5; count += 1) await input.takeOne()
    expect(input.taken).toEqual(['in', 'K0', '-1'])
    expect(writer.queuedBytes).toBe(20)
    writer.grant(0)
    writer.end()
    await input.takeOne()
    expect([input.taken.length, input.ended]).toEqual([3, false])
    writer.grant(100)
    for (let count = 0; count < 3; count += 1) await input.takeOne()
    expect([input.taken, input.ended]).toEqual([['in', 'K0', '-1', '-2', '-3'], true])
  })

  test('takes nothing more after an error', async () => {
    const input = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) })
    input.on('error', () => undefined)
    const writer = new StdinWriter(input, plainMuxer)
    await new Promise(setImmediate)
    for (const fragment of makeFragments('K-'.repeat(500))) writer.add(fragment)
    writer.end()
    expect(writer.queuedBytes).toBeLessThanOrEqual(80)
  })
})
