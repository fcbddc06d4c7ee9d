import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { endedSeconds, fakeStream, resumeSeconds, turns } from './fake-stream.ts'

beforeEach(() => vi.useFakeTimers({ now: Date.UTC(2026, 0, 1, 12, 0, 0) }))
afterEach(() => vi.useRealTimers())

type Fake = ReturnType<typeof fakeStream>

async function live(): Promise<{ fake: Fake; first: Awaited<ReturnType<Fake['publish']>> }> {
  const fake = fakeStream()
  const first = await fake.publish('first')
  await fake.packager('starting')
  await fake.packager('running', 'media comes out')
  fake.calls.length = 0
  return { fake, first }
}

async function lost(): Promise<{ fake: Fake; resumeToken: string }> {
  const { fake, first } = await live()
  await fake.stream.release(first.publication, 'lost')
  fake.calls.length = 0
  return { fake, resumeToken: first.resumeToken }
}

async function seconds(count: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(count * 1_000)
  await turns()
}

describe('from a publisher to the end', () => {
  test('a publisher connects, its media comes out, and it stops', async () => {
    const fake = fakeStream()
    expect(fake.shown()).toBe('idle: no publisher')
    const { publication } = await fake.publish('first')
    expect(fake.shown()).toBe('starting: a publisher connected')
    expect(fake.stream.snapshot().liveSince).toBeNull()
    await seconds(3)
    await fake.packager('running', 'media comes out')
    expect(fake.shown()).toBe('live: media comes out')
    expect(fake.stream.snapshot()).toMatchObject({
      since: '2026-01-01T12:00:03.000Z',
      liveSince: '2026-01-01T12:00:03.000Z',
    })
    await fake.stream.release(publication, 'stopped')
    expect(fake.shown()).toBe('idle: the publisher stopped')
    expect(fake.stream.snapshot().feed).not.toBeNull()
    expect(fake.stream.busy).toBe(false)
    await seconds(endedSeconds)
    expect(fake.stream.snapshot()).toMatchObject({ feed: null, hls: null, targets: [] })
    expect(fake.calls).toEqual([
      ...['open publication 1', 'open hls', 'open targets', 'start packager 1'],
      ...['end hls', 'end targets', 'stop packager 1', 'close publication 1'],
      ...['dispose hls', 'dispose targets', 'gone'],
    ])
    expect(fake.told).toEqual([])
  })

  test('a packager that fails interrupts the stream and tells why, until media comes out again', async () => {
    const { fake } = await live()
    await fake.packager('retrying', 'No media came for 4 s.')
    expect(fake.shown()).toBe('interrupted: No media came for 4 s.')
    await fake.packager('starting')
    await fake.packager('retrying', 'ffmpeg exited with code 1')
    expect(fake.shown()).toBe('interrupted: ffmpeg exited with code 1')
    await fake.packager('running', 'media comes out')
    expect(fake.shown()).toBe('live: media comes out')
    expect(fake.stream.snapshot().since).toBe('2026-01-01T12:00:00.000Z')
  })

  test('a packager that waits or fails before the first media leaves the stream starting, and tells why', async () => {
    const fake = fakeStream()
    await fake.publish('first')
    await fake.packager('retrying', 'No picture came for 20 s.')
    expect(fake.shown()).toBe('starting: No picture came for 20 s.')
  })

  test('a publisher that is lost before its first media ends the stream', async () => {
    const fake = fakeStream()
    const { publication } = await fake.publish('first')
    await fake.stream.release(publication, 'lost')
    expect(fake.shown()).toBe('idle: the publisher was lost')
  })

  test('a new publisher need not wait for the pushes of the last broadcast, but the one who stopped does', async () => {
    const { fake, first } = await live()
    fake.holdEnds()
    let released = false
    const release = fake.stream.release(first.publication, 'stopped').then(() => {
      released = true
    })
    await turns()
    await fake.publish('second')
    expect(fake.shown()).toBe('starting: a publisher connected')
    expect(fake.calls).toContain('dispose hls')
    expect(released).toBe(false)
    fake.finishEnds()
    await release
    expect(released).toBe(true)
  })

  test('a release by a publisher that is not the present one changes nothing', async () => {
    const { fake, first } = await live()
    await fake.publish('second', { resumeToken: first.resumeToken })
    await fake.packager('running', 'media comes out')
    await fake.stream.release(first.publication, 'stopped')
    expect(fake.shown()).toBe('live: media comes out')
  })

  test('nobody can watch in real time while no publisher is connected', async () => {
    const { fake } = await lost()
    await expect(fake.stream.watch({ offer: 'offer', client: null }, () => undefined)).rejects.toMatchObject({
      code: 'NOT_LIVE',
    })
    const { fake: other } = await live()
    await expect(other.stream.watch({ offer: 'offer', client: null }, () => undefined)).rejects.toThrow(
      'publication 1 has no viewers',
    )
  })
})

describe('a lost publisher', () => {
  test('is waited for, then the stream ends', async () => {
    const { fake } = await lost()
    expect(fake.shown()).toBe('interrupted: the publisher was lost')
    expect(fake.stream.busy).toBe(true)
    await seconds(resumeSeconds - 1)
    expect(fake.calls).toEqual([])
    await seconds(1)
    expect(fake.shown()).toBe('idle: the publisher did not come back')
    expect(fake.calls).toEqual(['end hls', 'end targets'])
  })

  test('goes on with the same broadcast, and the API says that it is back', async () => {
    const { fake, resumeToken } = await lost()
    const { liveSince } = fake.stream.snapshot()
    await seconds(5)
    const second = await fake.publish('second', { resumeToken })
    expect(fake.shown()).toBe('interrupted: a publisher is back, no media so far')
    expect(second.resumeToken).not.toBe(resumeToken)
    await fake.packager('waiting', 'no track sends media')
    expect(fake.shown()).toBe('interrupted: no track sends media')
    await fake.packager('running', 'media comes out')
    expect(fake.stream.snapshot()).toMatchObject({ state: 'live', liveSince })
    await seconds(resumeSeconds)
    expect(fake.shown()).toBe('live: media comes out')
    expect(fake.calls).toEqual(['open publication 2', 'start packager 2'])
  })

  test('is waited for in full each time', async () => {
    const { fake, resumeToken } = await lost()
    await seconds(resumeSeconds - 1)
    const { publication } = await fake.publish('second', { resumeToken })
    await fake.stream.release(publication, 'lost')
    await seconds(resumeSeconds - 1)
    expect(fake.shown()).toBe('interrupted: the publisher was lost')
  })

  test('is not replaced by a stranger, who learns until when', async () => {
    const { fake } = await lost()
    const refused = { code: 'STREAM_TAKEN', message: expect.stringContaining('until 12:00:20 UTC') }
    await expect(fake.publish('stranger')).rejects.toMatchObject(refused)
    await expect(fake.publish('stranger', { resumeToken: 'guessed' })).rejects.toMatchObject(refused)
    await expect(fake.publish('stranger', { principal: 'user:eve' })).rejects.toMatchObject(refused)
    expect(fake.shown()).toBe('interrupted: the publisher was lost')
    expect(fake.calls).toEqual([])
    await seconds(resumeSeconds)
    await fake.publish('stranger')
    expect(fake.shown()).toBe('starting: a publisher connected')
  })

  test('of a worker that died is told to come back', async () => {
    const { fake } = await live()
    await fake.publicationEnds(1)
    expect(fake.shown()).toBe('interrupted: the publisher was lost')
    expect(fake.told).toEqual(['first: WORKER_DIED, come back'])
    expect(fake.calls).toEqual(['stop packager 1', 'close publication 1'])
  })
})

describe('a take-over', () => {
  test('ends the publisher before it and keeps the broadcast', async () => {
    const { fake, first } = await live()
    await fake.publish('second', { resumeToken: first.resumeToken })
    expect(fake.told).toEqual(['first: STREAM_TAKEN'])
    expect(fake.shown()).toBe('interrupted: a publisher is back, no media so far')
    expect(fake.calls).toEqual([
      ...['open publication 2', 'stop packager 1', 'close publication 1', 'start packager 2'],
    ])
  })

  test('is refused to all others', async () => {
    const { fake } = await live()
    await expect(fake.publish('stranger')).rejects.toMatchObject({
      code: 'STREAM_TAKEN',
      message: expect.stringContaining('live on "show"'),
    })
    expect(fake.told).toEqual([])
  })

  test('makes older tokens void once the new publisher has got its own', async () => {
    const { fake, first } = await live()
    const second = await fake.publish('second', { resumeToken: first.resumeToken })
    // Its answer may have been lost: it comes with the token that it has.
    const third = await fake.publish('third', { resumeToken: first.resumeToken })
    await expect(fake.publish('second again', { resumeToken: second.resumeToken })).rejects.toThrow()
    await fake.packager('starting')
    await expect(fake.publish('first again', { resumeToken: first.resumeToken })).rejects.toThrow()
    await fake.publish('fourth', { resumeToken: third.resumeToken })
    expect(fake.told).toEqual(['first: STREAM_TAKEN', 'second: STREAM_TAKEN', 'third: STREAM_TAKEN'])
  })

  test('while the publisher leaves: one after the other', async () => {
    const { fake, first } = await live()
    const finish = fake.holdPackagers()
    const leaving = fake.stream.release(first.publication, 'lost')
    const entering = fake.publish('second', { resumeToken: first.resumeToken })
    await turns()
    expect(fake.calls).toEqual(['stop packager 1', 'close publication 1'])
    finish()
    await Promise.all([leaving, entering])
    expect(fake.shown()).toBe('interrupted: a publisher is back, no media so far')
    expect(fake.told).toEqual([])
  })

  test('that fails leaves the present publisher where it is', async () => {
    const { fake, first } = await live()
    const opening = fake.holdOpening()
    const second = fake.publish('second', { resumeToken: first.resumeToken })
    await turns()
    opening.fail()
    await expect(second).rejects.toMatchObject({ code: 'WORKER_DIED' })
    expect(fake.shown()).toBe('live: media comes out')
    expect(fake.told).toEqual([])
  })
})

describe('at the same time', () => {
  test('two publishers: the second waits, and gets in when the first could not', async () => {
    const fake = fakeStream()
    const opening = fake.holdOpening()
    const [first, second] = [fake.publish('first'), fake.publish('second')]
    await turns()
    opening.fail()
    await expect(first).rejects.toMatchObject({ code: 'WORKER_DIED' })
    await second
    expect(fake.shown()).toBe('starting: a publisher connected')
    expect(fake.calls).not.toContain('gone')
  })

  test('two publishers: the second is refused when the first got in', async () => {
    const fake = fakeStream()
    const [first, second] = [fake.publish('first'), fake.publish('second')]
    await expect(second).rejects.toMatchObject({ code: 'STREAM_TAKEN' })
    await first
  })

  test('a publisher that cannot be let in leaves nothing', async () => {
    const fake = fakeStream()
    const opening = fake.holdOpening()
    const first = fake.publish('first')
    expect(fake.stream.busy).toBe(true)
    await turns()
    opening.fail()
    await expect(first).rejects.toMatchObject({ code: 'WORKER_DIED' })
    expect(fake.calls).toEqual(['open publication 1', 'gone'])
    expect(fake.stream.busy).toBe(false)
  })

  test('a close while a publisher is let in', async () => {
    const fake = fakeStream()
    const opening = fake.holdOpening()
    const first = fake.publish('first')
    await turns()
    const closing = fake.stream.close()
    opening.open()
    await expect(first).rejects.toMatchObject({ code: 'SHUTTING_DOWN' })
    await closing
    expect(fake.calls).toEqual(['open publication 1', 'close publication 1', 'gone'])
    await expect(fake.publish('late')).rejects.toMatchObject({ code: 'SHUTTING_DOWN' })
  })

  test('the wait runs out while its publisher is let in: the publisher has it', async () => {
    const { fake, resumeToken } = await lost()
    const opening = fake.holdOpening()
    const second = fake.publish('second', { resumeToken })
    await seconds(resumeSeconds + 1)
    expect(fake.shown()).toBe('interrupted: the publisher was lost')
    opening.open()
    await second
    await turns()
    expect(fake.shown()).toBe('interrupted: a publisher is back, no media so far')
    expect(fake.calls).not.toContain('end hls')
  })

  test('the wait runs out while its publisher can not be let in: the stream ends', async () => {
    const { fake, resumeToken } = await lost()
    const opening = fake.holdOpening()
    const second = fake.publish('second', { resumeToken })
    await seconds(resumeSeconds + 1)
    opening.fail()
    await expect(second).rejects.toMatchObject({ code: 'WORKER_DIED' })
    await turns()
    expect(fake.shown()).toBe('idle: the publisher did not come back')
  })

  test('the ended broadcast is forgotten while a new publisher is let in', async () => {
    const { fake, first } = await live()
    await fake.stream.release(first.publication, 'stopped')
    await seconds(endedSeconds - 1)
    const opening = fake.holdOpening()
    const second = fake.publish('second')
    await seconds(2)
    opening.open()
    await second
    await seconds(endedSeconds)
    expect(fake.shown()).toBe('starting: a publisher connected')
    expect(fake.calls.filter((call) => call === 'dispose hls')).toHaveLength(1)
    expect(fake.calls).not.toContain('gone')
  })

  test('a worker that dies while its publisher is let in', async () => {
    const fake = fakeStream()
    const opening = fake.holdOpening()
    const first = fake.publish('first')
    await turns()
    await fake.publicationEnds(1)
    opening.open()
    await first
    await turns()
    expect(fake.shown()).toBe('idle: the publisher was lost')
    expect(fake.told).toEqual(['first: WORKER_DIED, come back'])
  })

  test('the wait runs out while its publisher is let in and lost again: a new wait has begun', async () => {
    const { fake, resumeToken } = await lost()
    const opening = fake.holdOpening()
    const second = fake.publish('second', { resumeToken })
    await turns()
    await fake.publicationEnds(2)
    await seconds(resumeSeconds + 1)
    opening.open()
    await second
    await turns()
    expect(fake.shown()).toBe('interrupted: the publisher was lost')
    await seconds(resumeSeconds)
    expect(fake.shown()).toBe('idle: the publisher did not come back')
  })

  test('a publication and a packager that were replaced report too late to change anything', async () => {
    const { fake, first } = await live()
    await fake.publish('second', { resumeToken: first.resumeToken })
    await fake.packager('running', 'late', 1)
    await fake.publicationEnds(1)
    expect(fake.shown()).toBe('interrupted: a publisher is back, no media so far')
    expect(fake.told).toEqual(['first: STREAM_TAKEN'])
  })

  test('a packager that reports after its publisher is gone changes nothing', async () => {
    const { fake } = await lost()
    await fake.packager('running', 'late', 1)
    expect(fake.shown()).toBe('interrupted: the publisher was lost')
  })
})

describe('a close', () => {
  test('ends the broadcast, waits for its outputs, then tells the publisher', async () => {
    const { fake } = await live()
    fake.holdEnds()
    let closed = false
    const closing = fake.stream.close().then(() => {
      closed = true
    })
    await turns()
    expect(fake.shown()).toBe('idle: the gateway shuts down')
    expect(closed).toBe(false)
    fake.finishEnds()
    await closing
    await fake.stream.close()
    expect(fake.told).toEqual(['first: SHUTTING_DOWN, come back'])
    // Its playlist can be fetched for as long as the server answers.
    expect(fake.calls).toEqual(['end hls', 'end targets', 'stop packager 1', 'close publication 1'])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('while the stream waits for its publisher ends it at once', async () => {
    const { fake } = await lost()
    await fake.stream.close()
    expect(fake.shown()).toBe('idle: the gateway shuts down')
    expect(fake.calls).toEqual(['end hls', 'end targets'])
    expect(vi.getTimerCount()).toBe(0)
  })
})
