import { randomUUID } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { Cleanup } from '../../src/cleanup.ts'
import type { TargetState } from '../../src/push/target-snapshot.ts'
import type { TargetDetails } from '../../src/targets/target-details.ts'
import { clip } from '../support/clip.ts'
import { httpServer, resettingProxy, tcpServer } from '../support/faulty-servers.ts'
import { flashAndBeepOffsetsMs, offsetFigures } from '../support/flash-and-beep.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { HlsRecorder } from '../support/hls-recorder.ts'
import { freePort, type NginxRtmp, startNginxRtmp } from '../support/nginx-rtmp.ts'
import { probePackets, span } from '../support/packets.ts'
import { childPids, commandLine } from '../support/processes.ts'
import { publishTracks } from '../support/publish-tracks.ts'
import { recordRtmp } from '../support/record-rtmp.ts'
import { TargetsClient } from '../support/targets-client.ts'

/*
 * One stream with many targets, whose servers fail in all the ways that servers fail, at the same time, while a viewer
 * watches and a good target is recorded.
 */

const applications = ['one', 'two', 'three', 'four', 'secure']
const frameSeconds = 1 / 30
/** Longer than the faults take. */
const watchedSeconds = 42

const key = `secret-${randomUUID()}`
const cleanup = new Cleanup()
let logged = ''
let directory: string
let nginx: NginxRtmp
let gateway: TestGateway
let targets: TargetsClient
let viewer: HlsRecorder

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-faults-'))
  cleanup.defer(() => rm(directory, { recursive: true }))
  nginx = await server({ applications, tls: true })
  const log = pino(
    { level: 'trace' },
    {
      write: (line: string) => {
        logged += line
      },
    },
  )
  gateway = await startGateway(
    { SLUICE_RESTREAM_ALLOW: '127.0.0.0/8,localhost', SLUICE_RESTREAM_CA_FILE: nginx.certificatePath },
    log,
  )
  cleanup.defer(() => gateway.close())
  targets = new TargetsClient(gateway.url, 'show')
  for (const name of applications) await targets.add({ name, url: urlOf(name), key })
  const publisher = await publishTracks(gateway, 'show', ['video', 'audio'])
  cleanup.defer(() => publisher.leave('stopped'))
  await publisher.send(await clip({ seconds: 120 }), 'video/H264', 'audio/opus')
  viewer = new HlsRecorder(`${gateway.url}/hls/show`)
  for (const name of applications) await reaches(name, 'live', 20_000)
}, 120_000)

afterAll(async () => {
  await cleanup.run()
  expect(
    childPids().filter((pid) => commandLine(pid).some((each) => each.startsWith('rtmp://127.'))),
  ).toEqual([])
  // A search that finds nothing must have had something to search.
  expect(logged).toContain('"target":"refusing"')
  expect(targets.said.length).toBeGreaterThan(10_000)
  expect(`${logged}${targets.said}`).not.toContain(key)
})

test('five targets at once get what platforms ask for', async () => {
  await Promise.all(
    applications.map(async (name) => {
      const path = join(directory, `${name}.flv`)
      const { streams, packets } = await probePackets(await recordRtmp(playUrl(name), 7, path))
      expect(streams.map(({ codec_name }) => codec_name).sort()).toEqual(['aac', 'h264'])
      const keyframes = packets.filter(({ kind, keyframe }) => kind === 'video' && keyframe)
      expect(keyframes.length).toBeGreaterThan(2)
      expect(largestStep(keyframes.map(({ seconds }) => seconds))).toBeLessThanOrEqual(2.1)
      const { medianMs, maxMs } = offsetFigures(await flashAndBeepOffsetsMs(path))
      expect(Math.abs(medianMs), `${name}: at most ${maxMs}`).toBeLessThanOrEqual(50)
    }),
  )
})

describe.concurrent('a server that', () => {
  test('is none of our business: a viewer and another target see no gap meanwhile', async () => {
    const recorded = await recordRtmp(playUrl('one'), watchedSeconds, join(directory, 'watched.flv'))
    // While all is at its worst: what operators read holds no key.
    const paths = ['/metrics', '/api/streams', '/api/streams/show']
    const read = await Promise.all(
      paths.map(async (path) => await (await fetch(`${gateway.url}${path}`)).text()),
    )
    for (const text of read) expect(text).toContain('"one"')
    expect(read.join('')).not.toContain(key)
    const { packets } = await probePackets(recorded)
    const video = packets.filter(({ kind }) => kind === 'video').map(({ seconds }) => seconds)
    const sound = packets.filter(({ kind }) => kind === 'audio').map(({ seconds }) => seconds)
    expect(largestStep(video)).toBeLessThan(frameSeconds * 2.5)
    expect(largestStep(sound)).toBeLessThan(0.06)
    expect(span(packets, 'video')?.to).toBeGreaterThan(watchedSeconds - 3)
    await viewer.stop()
    expect(viewer.seconds).toBeGreaterThan(watchedSeconds)
    expect(viewer.segments.filter(({ discontinuity }) => discontinuity)).toEqual([])
    const numbers = viewer.segments.map(({ mediaSequence }) => mediaSequence)
    expect(largestStep(numbers)).toBe(1)
    expect(await targets.get('one')).toMatchObject({
      state: 'live',
      reconnects: 0,
      failures: 0,
      droppedFragments: 0,
    })
  })

  test('refuses the connection, until it is there', async () => {
    const port = await freePort()
    await targets.add({ name: 'refusing', url: `rtmp://127.0.0.1:${port}/live`, key })
    const failed = await reaches('refusing', 'retrying', 3_000)
    expect(failed).toMatchObject({ errorClass: 'refused', lastError: expect.stringMatching(/was refused/) })
    expect(Date.parse(failed.nextTryAt ?? '')).toBeGreaterThan(Date.now())
    await server({ port })
    report('refuses', await reaches('refusing', 'live', 12_000))
  })

  test('takes the connection and says nothing', async () => {
    const port = await tcpServer(cleanup, () => undefined)
    await targets.add({ name: 'silent', url: `rtmp://127.0.0.1:${port}/live`, key })
    const failed = await reaches('silent', 'retrying', 15_000)
    expect(failed).toMatchObject({ errorClass: 'unanswered' })
    report('says nothing', failed)
  })

  test('stops reading for 20 s, and goes on', async () => {
    const frozen = await server()
    await targets.add({ name: 'frozen', url: frozen.url, key })
    await reaches('frozen', 'live', 10_000)
    const frozenAtMs = Date.now()
    frozen.freeze()
    const failed = await reaches('frozen', 'retrying', 20_000)
    expect(failed).toMatchObject({ errorClass: 'stalled', lastError: 'The server stopped taking data.' })
    const stalled = failed.history.findLast(({ state }) => state === 'stalled')
    expect(Date.parse(stalled?.at ?? '') - frozenAtMs).toBeLessThan(15_000)
    await vi.waitFor(() => expect(Date.now() - frozenAtMs).toBeGreaterThan(20_000), { timeout: 21_000 })
    frozen.thaw()
    const thawedAtMs = Date.now()
    const back = await reaches('frozen', 'live', 15_000)
    report(
      'stops reading',
      back,
      `noticed after ${Date.parse(failed.since) - frozenAtMs} ms, back ${Date.parse(back.since) - thawedAtMs} ms after it went on`,
    )
  })

  test('resets the connection again and again', async () => {
    const port = await resettingProxy(cleanup, nginx.port, 5_000)
    await targets.add({ name: 'resetting', url: `rtmp://127.0.0.1:${port}/two`, key: `${key}-resetting` })
    await reaches('resetting', 'live', 10_000)
    const failed = await reaches('resetting', 'retrying', 8_000)
    expect(failed).toMatchObject({ errorClass: 'reset', lastError: 'The server closed the connection.' })
    await reaches('resetting', 'live', 8_000)
    // The second pause is longer: a few seconds of media are no proof of health.
    expect(await reaches('resetting', 'retrying', 8_000)).toMatchObject({ failures: 2, reconnects: 1 })
    report('resets', await reaches('resetting', 'live', 8_000))
  })

  test('has a name that nobody knows', async () => {
    await targets.add({ name: 'unknown', url: 'rtmp://no-such-host.invalid/live', key })
    const failed = await reaches('unknown', 'retrying', 12_000)
    expect(failed).toMatchObject({ errorClass: 'name-not-found' })
    report('does not resolve', failed)
  })

  test('rejects the key, and is not asked again and again', async () => {
    const door = await httpServer(cleanup, 403)
    const strict = await server({ onPublish: door.url })
    await targets.add({ name: 'rejecting', url: strict.url, key })
    const refused = await reaches('rejecting', 'refused', 5_000)
    expect(refused).toMatchObject({
      errorClass: 'rejected',
      lastError: expect.stringMatching(/key or application/),
    })
    expect(Date.parse(refused.nextTryAt ?? '') - Date.now()).toBeGreaterThan(20_000)
    expect(door.asked()).toBe(1)
    report('rejects the key', refused)
    // Unless somebody presses "Retry".
    await targets.post('rejecting', 'retry')
    await vi.waitFor(() => expect(door.asked()).toBe(2), { timeout: 5_000 })
  })

  test('is down for a while and comes back', async () => {
    const first = await server()
    await targets.add({ name: 'down', url: first.url, key })
    await reaches('down', 'live', 10_000)
    await first.stop()
    const failed = await reaches('down', 'retrying', 3_000)
    expect(failed.errorClass).toMatch(/^(reset|refused)$/)
    await vi.waitFor(async () => expect((await targets.get('down')).failures).toBeGreaterThan(3), {
      timeout: 15_000,
    })
    await server({ port: first.port })
    report('is down', await reaches('down', 'live', 12_000))
  })

  test('takes half of what the stream has', async () => {
    const bytesPerSecond = (gateway.snapshot('show')?.feed?.bitrateBps ?? 0) / 8
    const slowly = await server({ slowBytesPerSecond: bytesPerSecond / 2 })
    await targets.add({ name: 'slow', url: slowly.slowUrl, key })
    await reaches('slow', 'live', 15_000)
    await vi.waitFor(async () => expect((await targets.get('slow')).droppedSeconds).toBeGreaterThan(2), {
      timeout: 45_000,
      interval: 200,
    })
    const slow = await targets.get('slow')
    expect(slow).toMatchObject({
      state: 'live',
      errorClass: 'too-slow',
      lastError: expect.stringMatching(/lower bitrate/),
    })
    expect(slow.droppedFragments).toBeGreaterThan(0)
    expect(slow.history.map(({ state }) => state)).toEqual(['waiting', 'connecting', 'live'])
    report('is slow', slow, `${slow.droppedSeconds} s left out`)
    // Time runs on through what was left out, and pictures go on with one that decodes alone.
    const { packets } = await probePackets(
      await recordRtmp(`${slowly.url}/${key}`, 14, join(directory, 'slow.flv')),
    )
    const video = packets.filter(({ kind }) => kind === 'video')
    const steps = video
      .slice(1)
      .map((packet, index) => ({ ...packet, step: packet.seconds - (video[index]?.seconds ?? 0) }))
    expect(steps.filter(({ step }) => step <= 0)).toEqual([])
    const leftOut = steps.filter(({ step }) => step > 0.5)
    expect(leftOut.length).toBeGreaterThan(0)
    expect(leftOut.filter(({ keyframe }) => !keyframe)).toEqual([])
  }, 70_000)

  test('has a certificate of another name', async () => {
    const url = urlOf('secure').replace('localhost', '127.0.0.1')
    await targets.add({ name: 'certificate', url, key })
    const refused = await reaches('certificate', 'refused', 5_000)
    expect(refused).toMatchObject({
      errorClass: 'tls',
      lastError: expect.stringMatching(/the key was not sent/),
    })
  })
})

test('nothing is left of targets that come and go', async () => {
  // Their retries come and go, too.
  for (const { name } of gateway.snapshot('show')?.targets ?? []) {
    if (!applications.includes(name)) await targets.remove(name)
  }
  const left = () => ({ processes: childPids().length, files: readdirSync('/proc/self/fd').length })
  const before = left()
  for (let cycle = 0; cycle < 50; cycle += 1) {
    await targets.add({ name: 'fleeting', url: urlOf('four'), key: `${key}-fleeting` })
    // In all stages of its life: unborn, on its way, live.
    if (cycle % 10 === 0) await reaches('fleeting', 'live', 10_000)
    else if (cycle % 2 === 0) await reaches('fleeting', 'connecting', 5_000)
    await targets.remove('fleeting')
  }
  // The connections of the last requests close a moment later.
  await vi.waitFor(() => expect(left().files).toBeLessThanOrEqual(before.files + 2), { timeout: 10_000 })
  expect(left().processes).toBe(before.processes)
}, 60_000)

async function server(options: Parameters<typeof startNginxRtmp>[0] = {}): Promise<NginxRtmp> {
  const started = await startNginxRtmp(options)
  cleanup.defer(() => started.stop())
  return started
}

function urlOf(application: string): string {
  const base = application === 'secure' ? nginx.tlsUrl : nginx.url
  return base.replace(/[^/]+$/, application)
}

function playUrl(application: string): string {
  return `rtmp://127.0.0.1:${nginx.port}/${application}/${key}`
}

async function reaches(name: string, state: TargetState, timeout: number): Promise<TargetDetails> {
  return await vi.waitFor(
    async () => {
      const target = await targets.get(name)
      if (target.state !== state)
        throw new Error(`${name} is ${target.state}, not ${state}: ${target.lastError}`)
      return target
    },
    { timeout, interval: 50 },
  )
}

/** What happened, as the API tells it. */
function report(what: string, { history }: TargetDetails, more = ''): void {
  const startMs = Date.parse(history[0]?.at ?? '')
  const steps = history.map(({ at, state }) => `${state} ${((Date.parse(at) - startMs) / 1000).toFixed(1)}`)
  console.info(`${what}: ${steps.join(', ')} s. ${more}`)
}

function largestStep(values: readonly number[]): number {
  return Math.max(...values.slice(1).map((value, index) => value - (values[index] ?? value)))
}
