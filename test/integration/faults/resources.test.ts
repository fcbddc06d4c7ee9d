import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Cleanup } from '../../../src/cleanup.ts'
import { decoderLimitOptions } from '../../../src/ffmpeg/decoder-limits.ts'
import { clip } from '../../support/clip.ts'
import { startGateway, type TestGateway } from '../../support/gateway.ts'
import { startProcess } from '../../support/gateway-process.ts'
import { publishTracks } from '../../support/publish-tracks.ts'
import { runTool, testFfmpeg } from '../../support/run-tool.ts'

/** What one machine has only so much of: cores, memory, file descriptors. */
const within = { timeout: 30_000, interval: 50 }

let cleanup: Cleanup
beforeEach(() => {
  cleanup = new Cleanup()
})
afterEach(async () => await cleanup.run())

test('a publisher whose picture would have to be encoded is refused when all places are taken', async () => {
  const gateway = await started({ SLUICE_MAX_TRANSCODES: '1' })
  const path = await clip({ video: 'vp8' })
  const first = await publish(gateway, 'first')
  await first.send(path, 'video/VP8', 'audio/opus')
  const second = await publish(gateway, 'second')
  await expect(second.send(path, 'video/VP8')).rejects.toMatchObject({
    code: 'TOO_MANY_TRANSCODES',
    status: 503,
  })
  // Nothing of it is left, so that it may try again, or with H.264, which takes no place.
  expect(gateway.snapshot('second')?.tracks).toEqual([])
  const copied = await publish(gateway, 'copied')
  await copied.send(await clip(), 'video/H264')
  await vi.waitFor(() => expect(gateway.snapshot('copied')?.state).toBe('live'), within)
  await first.leave('stopped')
  await second.send(path, 'video/VP8')
  await vi.waitFor(() => expect(gateway.snapshot('second')?.state).toBe('live'), within)
})

test('a stream for whose media there is no memory is refused, until another has ended', async () => {
  const gateway = await started({
    SLUICE_MAX_MEDIA_BYTES: String(16 * 1024 * 1024),
    SLUICE_ENDED_SECONDS: '0',
  })
  const first = await publish(gateway, 'first')
  await first.send(await clip(), 'video/H264')
  await vi.waitFor(() => expect(gateway.snapshot('first')?.state).toBe('live'), within)
  await expect(publish(gateway, 'second')).rejects.toMatchObject({ code: 'TOO_LITTLE_MEMORY', status: 503 })
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
  expect(Number(/^sluice_media_bytes (\d+)$/m.exec(metrics)?.[1])).toBeGreaterThan(10_000)
  await first.leave('stopped')
  await vi.waitFor(() => expect(gateway.snapshot('first')).toBeUndefined(), within)
  await publish(gateway, 'second')
})

test('a picture that is too large is refused before memory is taken for it', async () => {
  const size = { width: 5120, height: 2880 }
  const path = await clip({ video: 'vp8', audio: false, ...size, seconds: 0.1, keyframeFrames: 1 })
  const decode = ['-v', 'error', '-i', path, '-f', 'null', '-']
  await runTool(testFfmpeg, decode)
  const limited = runTool(testFfmpeg, [...decoderLimitOptions, ...decode])
  await expect(limited).rejects.toThrow(/exceeds specified max pixel count/)
})

test('without free file descriptors the gateway stays up, and goes on when there are some again', async () => {
  const gateway = await startProcess(cleanup, { within: ['prlimit', '--nofile=80', '--'] })
  await gateway.ready()
  const port = Number(new URL(gateway.url).port)
  const sockets: Socket[] = []
  cleanup.defer(() => {
    for (const socket of sockets) socket.destroy()
  })
  for (let count = 0; count < 120; count += 1) {
    const socket = connect(port, '127.0.0.1')
    // A gateway that can't accept it may also end it.
    socket.on('error', () => socket.destroy())
    sockets.push(socket)
  }
  const starved = fetch(`${gateway.url}/healthz`, { signal: AbortSignal.timeout(1_500) })
  await expect(starved).rejects.toThrow()
  for (const socket of sockets) socket.destroy()
  await vi.waitFor(async () => expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200), within)
  expect(gateway.output().stderr).toBe('')
})

async function started(settings: Record<string, string> = {}): Promise<TestGateway> {
  const gateway = await startGateway(settings)
  cleanup.defer(() => gateway.close())
  return gateway
}

async function publish(
  gateway: TestGateway,
  name: string,
  kinds: ('video' | 'audio')[] = ['video', 'audio'],
) {
  const publisher = await publishTracks(gateway, name, kinds)
  cleanup.defer(() => publisher.leave('stopped'))
  return publisher
}
