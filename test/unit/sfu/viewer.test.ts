import type { Producer, RtpCodecParameters } from 'mediasoup/types'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { TrackKind } from '../../../src/sfu/publication.ts'
import { readViewerOffer } from '../../../src/sfu/sdp/viewer-offer.ts'
import { Viewer } from '../../../src/sfu/viewers/viewer.ts'
import { fakeConsumer, fakeProducer, fakeRouter } from '../../support/fake-mediasoup.ts'
import { offerOf } from '../../support/offers.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const opus: RtpCodecParameters = { mimeType: 'audio/opus', payloadType: 100, clockRate: 48_000, channels: 2 }

/** A viewer of sound only, whose offer asks for pictures, too. */
async function watching({ consume = async () => fakeConsumer({ kind: 'audio' }) } = {}) {
  const media = fakeRouter()
  const onEnd = vi.fn()
  const producers = new Map<TrackKind, Producer>([['audio', fakeProducer('audio')]])
  const create = media.create.getMockImplementation()
  media.create.mockImplementation(async (options) => {
    const transport = await create?.(options)
    if (!transport) throw new Error('no transport')
    vi.mocked(transport.consume).mockImplementation(consume)
    return transport
  })
  const offer = readViewerOffer(
    offerOf('chromium-watch'),
    new Map<TrackKind, RtpCodecParameters>([['audio', opus]]),
  )
  const opening = Viewer.open({ mediaRouter: media.mediaRouter, producers }, offer, onEnd)
  await Promise.allSettled([opening])
  const [transport] = media.transports
  if (!transport) throw new Error('no transport')
  return { ...media, opening, transport, onEnd, producers }
}

test('it gets what there is; the rest of its offer is answered as inactive', async () => {
  const { opening, create, transport, producers } = await watching()
  const { answer } = await opening
  expect(create).toHaveBeenCalledWith(
    expect.objectContaining({
      ...{ enableUdp: true, enableTcp: true, preferUdp: true, iceConsentTimeout: 15 },
      initialAvailableOutgoingBitrate: 2_500_000,
    }),
  )
  expect(transport.consume).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ producerId: producers.get('audio')?.id }),
  )
  expect(answer).toMatch(/m=audio .*a=sendonly.*a=ssrc:77 cname:sluice.*m=video .*a=inactive/s)
  expect(answer).toContain('a=candidate:udp 1 udp 7 192.0.2.1 4000 typ host\r\n')
})

test('one that is not connected within 15 s is gone; one that is may stay', async () => {
  const late = await watching()
  await late.opening
  await vi.advanceTimersByTimeAsync(14_999)
  expect(late.onEnd).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  expect(late.onEnd).toHaveBeenCalledOnce()
  const there = await watching()
  await there.opening
  there.transport.emit('dtlsstatechange', 'connecting')
  expect(vi.getTimerCount()).toBe(1)
  there.transport.emit('dtlsstatechange', 'connected')
  await vi.advanceTimersByTimeAsync(60_000)
  expect(there.onEnd).not.toHaveBeenCalled()
})

test.each([
  ['dtlsstatechange', 'failed', true],
  ['dtlsstatechange', 'closed', true],
  ['dtlsstatechange', 'connecting', false],
  ['icestatechange', 'disconnected', true],
  ['icestatechange', 'closed', true],
  ['icestatechange', 'completed', false],
] as const)('%s to %s ends it: %s', async (event, state, ends) => {
  const { opening, transport, onEnd } = await watching()
  await opening
  transport.emit(event, state as never)
  expect([onEnd.mock.calls.length === 1, vi.getTimerCount() === 0]).toEqual([ends, ends])
})

test('it ends when it is closed, and can restart ICE before', async () => {
  const { opening, onEnd } = await watching()
  const viewer = await opening
  expect(await viewer.restartIce()).toMatch(/a=ice-ufrag:next\r\na=ice-pwd:pwd2\r\na=candidate:/)
  viewer.close()
  viewer.close()
  expect([onEnd.mock.calls.length, vi.getTimerCount()]).toEqual([1, 0])
})

test('what mediasoup refuses leaves no transport', async () => {
  const { opening, transport } = await watching({ consume: () => Promise.reject(new Error('odd')) })
  await expect(opening).rejects.toMatchObject({ code: 'UNSUPPORTED_MEDIA' })
  expect(transport.closed).toBe(true)
})
