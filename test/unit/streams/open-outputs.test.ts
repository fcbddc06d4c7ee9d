import { describe, expect, test, vi } from 'vitest'
import { Feed } from '../../../src/feed/feed.ts'
import { createLog } from '../../../src/log.ts'
import { idleOutputs, openOutputs } from '../../../src/streams/open-outputs.ts'
import { fakeOutputs } from './fake-outputs.ts'

const context = {
  stream: 'show',
  feed: new Feed({ maxSeconds: 1, maxBytes: 1 }),
  log: createLog({ level: 'silent', pretty: false }),
}

describe('the outputs of a broadcast', () => {
  test('open in order, and each shows itself under its name', () => {
    const { kinds, calls } = fakeOutputs()
    const outputs = openOutputs(kinds, context)
    expect(calls).toEqual(['open hls', 'open targets'])
    expect(outputs.snapshot()).toMatchObject({
      hls: { path: 'hls of show' },
      targets: [{ name: 'targets of show' }],
    })
    expect(idleOutputs(kinds)).toEqual({ hls: null, targets: [] })
  })

  test('one that fails to end keeps the others from nothing', async () => {
    const { kinds, calls } = fakeOutputs({ failEnd: 'hls' })
    const outputs = openOutputs(kinds, context)
    await outputs.end()
    outputs.dispose()
    expect(calls.slice(2)).toEqual(['end hls', 'end targets', 'dispose hls', 'dispose targets'])
  })

  test('when one fails to open, those before it are gone', async () => {
    const { kinds, calls } = fakeOutputs({ failOpen: 'targets' })
    expect(() => openOutputs(kinds, context)).toThrow('targets does not open')
    await vi.waitFor(() => expect(calls).toEqual(['open hls', 'open targets', 'end hls', 'dispose hls']))
  })
})
