import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { Cleanup } from '../../../src/cleanup.ts'
import { clip } from '../../support/clip.ts'
import { startGateway } from '../../support/gateway.ts'
import { HlsRecorder } from '../../support/hls-recorder.ts'
import { publishTracks } from '../../support/publish-tracks.ts'

/** Somebody, or NTP, sets the system's clock while streams are live. Only Node's `Date` is set: real time goes on. */
const within = { timeout: 30_000, interval: 50 }

let path: string
let cleanup: Cleanup
beforeAll(async () => {
  path = await clip()
}, 120_000)
afterEach(async () => {
  vi.useRealTimers()
  await cleanup.run()
})

test.each([
  { what: 'an hour forward', byMs: 3_600_000 },
  { what: 'an hour back', byMs: -3_600_000 },
])('$what changes nothing for streams, and new ones begin', async ({ byMs }) => {
  cleanup = new Cleanup()
  const gateway = await startGateway()
  cleanup.defer(() => gateway.close())
  const publish = async (name: string) => {
    const publisher = await publishTracks(gateway, name, ['video', 'audio'])
    cleanup.defer(() => publisher.leave('stopped'))
    await publisher.send(path, 'video/H264', 'audio/opus')
    await vi.waitFor(() => expect(gateway.snapshot(name)?.state).toBe('live'), within)
    return publisher
  }
  await publish('before')
  const recorder = new HlsRecorder(`${gateway.url}/hls/before`)
  cleanup.defer(() => recorder.stop())
  await vi.waitFor(() => expect(recorder.seconds).toBeGreaterThan(2), within)
  const packager = gateway.snapshot('before')?.packager

  const { seconds } = recorder
  // Again and again, so that one step comes between a fragment and the look at its age.
  for (let step = 1; step <= 20; step += 1) {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + byMs / 20 })
    await delay(100)
  }
  // A publisher whose microphone never comes, and a step while the gateway waits for it.
  const half = await publishTracks(gateway, 'half', ['video', 'audio'])
  cleanup.defer(() => half.leave('stopped'))
  await half.send(path, 'video/H264')
  await vi.waitFor(() => expect(gateway.snapshot('half')?.tracks[0]?.active).toBe(true), within)
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + byMs })
  await vi.waitFor(() => expect(gateway.snapshot('half')?.state).toBe('live'), within)
  await publish('after')
  // Longer than a packager may be silent.
  await vi.waitFor(() => expect(recorder.seconds).toBeGreaterThan(seconds + 5), within)
  expect(gateway.snapshot('before')).toMatchObject({ state: 'live', feed: { epochs: 1 } })
  expect(gateway.snapshot('before')?.packager).toEqual(packager)
  expect(gateway.snapshot('after')?.packager).toMatchObject({ failures: 0 })
  const playlist = await (await fetch(`${gateway.url}/hls/before/index.m3u8`)).text()
  const media = /^[^#\s].*$/m.exec(playlist)?.[0] ?? ''
  const text = await (await fetch(new URL(media, `${gateway.url}/hls/before/`))).text()
  const dates = [...text.matchAll(/PROGRAM-DATE-TIME:(.*)/g)].map(([, date = '']) => Date.parse(date))
  const newest = Math.max(...dates)
  expect(dates.length).toBeGreaterThan(0)
  // The clock of the session, not the one that was set.
  expect(Math.abs(newest - (Date.now() - 2 * byMs))).toBeLessThan(60_000)
})
