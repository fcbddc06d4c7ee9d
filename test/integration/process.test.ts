import { createSocket } from 'node:dgram'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Cleanup } from '../../src/cleanup.ts'
import { freePort } from '../support/free-ports.ts'
import { type GatewayProcessOptions, startProcess } from '../support/gateway-process.ts'
import { HlsRecorder } from '../support/hls-recorder.ts'
import { liveDemo } from '../support/live-demo.ts'
import { childPids, isAlive } from '../support/processes.ts'

const within = { timeout: 30_000, interval: 50 }

let cleanup: Cleanup
let directory: string

beforeEach(async () => {
  cleanup = new Cleanup()
  directory = await mkdtemp(join(tmpdir(), 'sluice-config-'))
  cleanup.defer(() => rm(directory, { recursive: true }))
})
afterEach(async () => await cleanup.run())

describe('a start that can not be', () => {
  test('lists every wrong setting of both sources at once', async () => {
    const file = join(directory, 'sluice.json')
    await writeFile(
      file,
      JSON.stringify({ segmentSeconds: 0.7, colour: 'red', targets: { live: [{ name: 'x' }] } }),
    )
    const { code, stderr } = await failed({
      args: ['--config', file],
      settings: { SLUICE_HTTP_PORT: 'eighty', SLUICE_WORKERS: '0', SLUICE_TYPO: '1' },
    })
    expect(code).toBe(2)
    expect(stderr).toMatch(/^The configuration is wrong:\n/)
    for (const setting of [
      'httpPort (SLUICE_HTTP_PORT)',
      'workers (SLUICE_WORKERS)',
      'segmentSeconds (SLUICE_SEGMENT_SECONDS)',
      'targets.live.0.url (SLUICE_TARGETS)',
      'colour',
      'SLUICE_TYPO',
    ]) {
      expect(stderr).toContain(`  - ${setting}: `)
    }
    expect(stderr.trim().split('\n')).toHaveLength(7)
  })

  test.each<{ what: string; options: () => Promise<GatewayProcessOptions>; says: RegExp; code: number }>([
    {
      what: 'a file that is not there',
      options: async () => ({ args: ['--config', join(directory, 'nothing.json')] }),
      says: /nothing\.json: ENOENT/,
      code: 2,
    },
    {
      what: 'a file that is no JSON',
      options: async () => {
        await writeFile(join(directory, 'bad.json'), '{')
        return { args: ['--config', join(directory, 'bad.json')] }
      },
      says: /bad\.json: .*JSON/,
      code: 2,
    },
    { what: 'an unknown argument', options: async () => ({ args: ['--fly'] }), says: /--fly/, code: 2 },
    { what: 'an argument too many', options: async () => ({ args: ['more'] }), says: /more/, code: 2 },
    {
      what: 'certificates for targets that are not there',
      options: async () => ({ settings: { SLUICE_RESTREAM_CA_FILE: join(directory, 'no-ca.pem') } }),
      says: /SLUICE_RESTREAM_CA_FILE .*no-ca\.pem/,
      code: 2,
    },
    {
      what: 'an HTTP port that is in use',
      options: async () => ({ settings: { SLUICE_HTTP_PORT: String(await busyTcpPort()) } }),
      says: /^The HTTP port is in use: .*SLUICE_HTTP_PORT/,
      code: 1,
    },
    {
      what: 'a WebRTC port that is in use',
      options: async () => ({ settings: { SLUICE_RTC_PORT: String(await busyUdpPort()) } }),
      says: /^The mediasoup worker for port \d+ can't start: .*SLUICE_RTC_PORT/,
      code: 1,
    },
    {
      what: 'no ffmpeg',
      options: async () => ({ settings: { FFMPEG_PATH: join(directory, 'no-ffmpeg') } }),
      says: /^ffmpeg can't be run as ".*no-ffmpeg" .*FFMPEG_PATH/,
      code: 1,
    },
    {
      what: 'no media worker',
      options: async () => ({ settings: { MEDIASOUP_WORKER_BIN: join(directory, 'no-worker') } }),
      says: /^The mediasoup worker for port \d+ can't start: .*no-worker.*MEDIASOUP_WORKER_BIN/,
      code: 1,
    },
  ])('$what: a sentence and exit code $code', async ({ options, says, code }) => {
    const ended = await failed(await options())
    expect(ended.stderr).toMatch(says)
    // A sentence for people, no stack.
    expect(ended.stderr).not.toMatch(/^\s+at /m)
    expect(ended.code).toBe(code)
  })

  test('--help is no failure', async () => {
    const gateway = await startProcess(cleanup, { args: ['--help'] })
    expect(await gateway.ended).toEqual({ code: 0, signal: null })
    expect(gateway.output().stdout).toMatch(/--config FILE.*--demo.*--help/s)
    expect(gateway.output().stderr).toBe('')
  })
})

describe('a running gateway', () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s ends the streams, then itself', async (signal) => {
    const { gateway, pids } = await liveDemo(cleanup)
    const recorder = new HlsRecorder(`${gateway.url}/hls/demo`)
    await vi.waitFor(() => expect(recorder.segments.length).toBeGreaterThan(0), within)
    const askedAtMs = Date.now()
    gateway.signal(signal)
    // A viewer that asks now and then still learns that the stream is over.
    await vi.waitFor(() => expect(recorder.ended).toBe(true), { timeout: 10_000, interval: 20 })
    await recorder.stop()
    const notReady = await fetch(`${gateway.url}/readyz`)
    expect(notReady.status).toBe(503)
    expect(await gateway.ended).toEqual({ code: 0, signal: null })
    expect(Date.now() - askedAtMs).toBeLessThan(10_000)
    expect(gateway.output().stderr).toBe('')
    expect(pids.filter(isAlive)).toEqual([])
  })

  test('a second signal ends it at once, and nothing stays behind', async () => {
    const { gateway, pids } = await liveDemo(cleanup)
    gateway.signal('SIGTERM')
    await vi.waitFor(() => expect(gateway.output().stdout).toContain('shutting down'), within)
    gateway.signal('SIGTERM')
    expect(await gateway.ended).toEqual({ code: 1, signal: null })
    await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), 5_000)
  })

  test('a signal while it starts ends it, too', async () => {
    const gateway = await startProcess(cleanup, { args: ['--demo'] })
    await vi.waitFor(() => expect(gateway.output().stdout).toContain('worker is up'), within)
    const pids = childPids(gateway.pid)
    gateway.signal('SIGTERM')
    await gateway.ended
    await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), 5_000)
  })
})

async function failed(options: GatewayProcessOptions) {
  const gateway = await startProcess(cleanup, options)
  const { code } = await gateway.ended
  expect(childPids(gateway.pid)).toEqual([])
  return { code, stderr: gateway.output().stderr }
}

async function busyTcpPort(): Promise<number> {
  const port = await freePort()
  const server = createServer().listen(port, '127.0.0.1')
  cleanup.defer(() => void server.close())
  return port
}

async function busyUdpPort(): Promise<number> {
  const port = await freePort()
  const socket = createSocket('udp4').bind(port, '127.0.0.1')
  cleanup.defer(() => void socket.close())
  return port
}
