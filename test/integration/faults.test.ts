import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { Cleanup } from '../../src/cleanup.ts'
import { clip } from '../support/clip.ts'
import { freeUdpPorts } from '../support/free-ports.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { HlsRecorder } from '../support/hls-recorder.ts'
import { isAlive } from '../support/processes.ts'
import { publishTracks, type TrackPublisher } from '../support/publish-tracks.ts'

const within = { timeout: 30_000, interval: 50 }

let path: string
let cleanup: Cleanup

beforeAll(async () => {
  path = await clip()
}, 120_000)
afterEach(async () => await cleanup.run())

test('a packager that is killed is started again: a discontinuity, and viewers go on', async () => {
  const gateway = await started()
  const publisher = await publish(gateway, 'killed')
  const recorder = new HlsRecorder(`${gateway.url}/hls/killed`)
  await vi.waitFor(() => expect(recorder.seconds).toBeGreaterThan(2), within)
  const pid = gateway.snapshot('killed')?.packager?.pid ?? 0
  process.kill(pid, 'SIGKILL')
  await vi.waitFor(() => expect(gateway.snapshot('killed')?.state).toBe('interrupted'), within)
  expect(gateway.snapshot('killed')?.packager).toMatchObject({
    failures: 1,
    lastError: 'ffmpeg was ended by SIGKILL',
  })
  await vi.waitFor(() => expect(gateway.snapshot('killed')?.state).toBe('live'), within)
  expect(gateway.snapshot('killed')?.packager).toMatchObject({ state: 'running', failures: 1 })
  expect(gateway.snapshot('killed')?.packager?.pid).not.toBe(pid)
  expect(isAlive(pid)).toBe(false)
  await vi.waitFor(
    () => expect(recorder.segments.some(({ discontinuity }) => discontinuity)).toBe(true),
    within,
  )
  await publisher.leave('stopped')
  await vi.waitFor(() => expect(recorder.ended).toBe(true), within)
  await recorder.stop()
  expect(gateway.app.ports.inUse).toBe(0)
})

test('a media worker that is killed is replaced, and its publishers are told to come back', async () => {
  const gateway = await started()
  const publisher = await publish(gateway, 'orphan')
  await isLive(gateway, 'orphan')
  const [pid] = gateway.app.pool.pids
  process.kill(pid ?? 0, 'SIGKILL')
  await vi.waitFor(() => expect(publisher.ended).toBeDefined(), within)
  expect(publisher.ended).toMatchObject({ error: { code: 'WORKER_DIED' }, retry: true })
  expect(gateway.snapshot('orphan')).toMatchObject({ state: 'interrupted', packager: null })
  await vi.waitFor(() => expect(gateway.app.pool.health).toEqual({ up: 1, wanted: 1 }), within)
  expect(gateway.app.pool.pids).not.toContain(pid)

  await publish(gateway, 'orphan', publisher.resumeToken)
  await isLive(gateway, 'orphan')
  // The same session: its viewers kept their playlist.
  expect(gateway.snapshot('orphan')?.feed?.epochs).toBe(2)
})

test('without a media worker the gateway is not ready and refuses publishers', async () => {
  const gateway = await started()
  process.kill(gateway.app.pool.pids[0] ?? 0, 'SIGKILL')
  await vi.waitFor(() => expect(gateway.app.pool.health.up).toBe(0), within)
  const refused = publishTracks(gateway, 'early', ['video'])
  await expect(refused).rejects.toMatchObject({ code: 'WORKER_DIED' })
  const ready = await fetch(`${gateway.url}/readyz`)
  expect(ready.status).toBe(503)
  // Nothing stays of the stream that could not begin.
  expect(gateway.snapshot('early')).toBeUndefined()
  await vi.waitFor(async () => expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200), within)
})

test('without free media ports a stream says so and waits; the others are not harmed', async () => {
  const first = await freeUdpPorts(5)
  const gateway = await started({
    SLUICE_TAP_PORT_MIN: String(first),
    SLUICE_TAP_PORT_MAX: String(first + 4),
  })
  const lucky = await publish(gateway, 'lucky')
  await isLive(gateway, 'lucky')
  await publish(gateway, 'unlucky')
  await vi.waitFor(
    () => expect(gateway.snapshot('unlucky')?.packager?.lastError).toMatch(/no free media ports/),
    within,
  )
  expect(gateway.snapshot('unlucky')).toMatchObject({ state: 'starting', packager: { pid: null } })
  const fragments = gateway.snapshot('lucky')?.feed?.fragments ?? 0
  await vi.waitFor(
    () => expect(gateway.snapshot('lucky')?.feed?.fragments).toBeGreaterThan(fragments + 5),
    within,
  )
  expect(gateway.snapshot('lucky')?.packager).toMatchObject({ failures: 0, lastError: null })

  await lucky.leave('stopped')
  await isLive(gateway, 'unlucky')
})

async function started(settings: Record<string, string> = {}): Promise<TestGateway> {
  cleanup = new Cleanup()
  const gateway = await startGateway(settings)
  cleanup.defer(() => gateway.close())
  return gateway
}

async function publish(gateway: TestGateway, name: string, resumeToken?: string): Promise<TrackPublisher> {
  const publisher = await publishTracks(gateway, name, ['video', 'audio'], resumeToken)
  cleanup.defer(() => publisher.leave('stopped'))
  await publisher.send(path, 'video/H264', 'audio/opus')
  return publisher
}

async function isLive(gateway: TestGateway, name: string): Promise<void> {
  await vi.waitFor(() => expect(gateway.snapshot(name)?.state).toBe('live'), within)
}
