import type { Consumer } from 'mediasoup/types'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Tap } from '../../../src/sfu/tap.ts'
import { TapPorts } from '../../../src/sfu/tap-ports.ts'
import { fakeConsumer, fakeRouter } from '../../support/fake-mediasoup.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const video = { id: 'v', kind: 'video' } as const
const audio = { id: 'a', kind: 'audio' } as const

/** A tap of both tracks, audio given first. */
async function tapped({ consume = (parts: Partial<Consumer>) => fakeConsumer(parts) } = {}) {
  const ports = new TapPorts(40_000, 49_999)
  let port = 40_000
  vi.spyOn(ports, 'reservePair').mockImplementation(async () => (port += 2))
  const release = vi.spyOn(ports, 'release').mockReturnValue(undefined)
  const media = fakeRouter({
    codecs: [
      {
        ...{ kind: 'video', mimeType: 'video/H264', preferredPayloadType: 101, clockRate: 90_000 },
        rtcpFeedback: [
          { type: 'nack' },
          { type: 'nack', parameter: 'pli' },
          { type: 'ccm', parameter: 'fir' },
          { type: 'ccm', parameter: 'tmmbr' },
          { type: 'goog-remb' },
        ],
      },
      { kind: 'video', mimeType: 'video/rtx', preferredPayloadType: 102, clockRate: 90_000 },
      { kind: 'audio', mimeType: 'audio/opus', preferredPayloadType: 100, clockRate: 48_000 },
    ],
  })
  const consumers: Consumer[] = []
  const consumed = vi.fn((options: { producerId: string; paused?: boolean }) => {
    const [kind, mimeType] = options.producerId === 'v' ? ['video', 'video/H264'] : ['audio', 'audio/opus']
    const consumer = consume({
      kind: kind as 'video',
      paused: options.paused === true,
      rtpParameters: { codecs: [{ mimeType: mimeType as string, payloadType: 100, clockRate: 90_000 }] },
    })
    consumers.push(consumer)
    return consumer
  })
  const create = media.createPlain.getMockImplementation()
  media.createPlain.mockImplementation(async (options) => {
    const transport = await create?.(options)
    if (!transport) throw new Error('no transport')
    return Object.assign(transport, { consume: vi.fn(async (options) => consumed(options)) })
  })
  const opening = Tap.create(media.mediaRouter, [audio, video], ports)
  return { ...media, opening, consumed, consumers, release }
}

test('it hands out video first, paused, on ports of its own, with the feedback that ffmpeg can give', async () => {
  const { opening, consumed, createPlain, transports, release } = await tapped()
  const tap = await opening
  expect(tap.ports).toEqual([40_002, 40_004])
  expect(createPlain).toHaveBeenCalledWith({
    listenInfo: { protocol: 'udp', ip: '127.0.0.2', port: 40_002 },
    rtcpMux: true,
    comedia: false,
  })
  expect(transports[0]?.connect).toHaveBeenCalledWith({ ip: '127.0.0.1', port: 40_002 })
  const feedback = [
    { type: 'nack', parameter: 'pli' },
    { type: 'ccm', parameter: 'fir' },
  ]
  expect(consumed.mock.calls.map(([options]) => options)).toMatchObject([
    {
      ...{ producerId: 'v', paused: true, enableRtx: false },
      rtpCapabilities: {
        codecs: [
          { mimeType: 'video/H264', rtcpFeedback: feedback },
          { mimeType: 'audio/opus', rtcpFeedback: [] },
        ],
      },
    },
    { producerId: 'a', paused: true },
  ])
  expect(tap.sdp).toMatch(/m=video 40002 .*m=audio 40004 /s)
  await tap.close()
  expect(transports.map(({ closed }) => closed)).toEqual([true, true])
  expect(release.mock.calls.flat().sort()).toEqual([40_002, 40_004])
})

test('audio flows from the first keyframe of the video on, for which it asks every second', async () => {
  const { opening, consumers } = await tapped()
  const tap = await opening
  const [picture, sound] = consumers
  const started = tap.start(new AbortController().signal)
  await vi.advanceTimersByTimeAsync(2_500)
  expect(picture?.resume).toHaveBeenCalledOnce()
  expect(picture?.requestKeyFrame).toHaveBeenCalledTimes(2)
  picture?.emit('trace', { type: 'rtp', timestamp: 0, direction: 'out', info: {} })
  await vi.advanceTimersByTimeAsync(0)
  expect(sound?.resume).not.toHaveBeenCalled()
  picture?.emit('trace', { type: 'keyframe', timestamp: 0, direction: 'out', info: {} })
  await started
  expect(sound?.resume).toHaveBeenCalledOnce()
  expect(picture?.resume).toHaveBeenCalledOnce()
  expect(vi.mocked(picture ?? fakeConsumer()).enableTraceEvent.mock.calls).toEqual([[['keyframe']], [[]]])
  expect([picture?.listenerCount('trace'), vi.getTimerCount()]).toEqual([0, 0])
  tap.requestKeyFrame()
  expect(picture?.requestKeyFrame).toHaveBeenCalledTimes(3)
  picture?.close()
  tap.requestKeyFrame()
  expect(picture?.requestKeyFrame).toHaveBeenCalledTimes(3)
  await tap.close()
})

test('it waits no longer when it is aborted, before or while it waits, and starts no audio then', async () => {
  for (const early of [true, false]) {
    const { opening, consumers } = await tapped()
    const tap = await opening
    const stop = new AbortController()
    if (early) stop.abort()
    const started = tap.start(stop.signal)
    await vi.advanceTimersByTimeAsync(100)
    stop.abort()
    await started
    expect(consumers[1]?.resume).not.toHaveBeenCalled()
    expect(vi.getTimerCount()).toBe(0)
    await tap.close()
  }
})

test('a video track that closes meanwhile does not keep the audio, and is asked nothing more', async () => {
  const { opening, consumers } = await tapped()
  const tap = await opening
  const started = tap.start(new AbortController().signal)
  await vi.advanceTimersByTimeAsync(100)
  consumers[0]?.close()
  await started
  expect(consumers[0]?.enableTraceEvent).toHaveBeenCalledOnce()
  expect(consumers[1]?.resume).toHaveBeenCalledOnce()
  await tap.close()
})

test.each([
  ['no more available ports', 'NO_FREE_PORTS'],
  ['bind failed: address already in use', 'NO_FREE_PORTS'],
  ['worker closed', 'WORKER_DIED'],
])('leaves nothing behind when the SFU says "%s"', async (message, code) => {
  const { opening, transports, release } = await tapped({
    consume: (parts) => {
      if (parts.kind === 'audio') throw new Error(message)
      return fakeConsumer(parts)
    },
  })
  await expect(opening).rejects.toMatchObject({ code })
  expect(transports.map(({ closed }) => closed)).toEqual([true, true])
  expect(release).toHaveBeenCalledTimes(2)
})
