import type { Consumer, Producer } from 'mediasoup/types'
import { expect, test, vi } from 'vitest'
import { layerFor, StagePeer } from '../../../src/sfu/stage-peer.ts'
import { fakeConsumer, fakeProducer, fakeRouter } from '../../support/fake-mediasoup.ts'

const opus = {
  codecs: [{ mimeType: 'audio/opus', payloadType: 111, clockRate: 48_000, channels: 2 }],
  encodings: [{ ssrc: 5 }],
}

async function makePeer() {
  const media = fakeRouter()
  const on = { tracks: vi.fn(), lost: vi.fn(), consumerClosed: vi.fn() }
  const peer = await StagePeer.create({
    mediaRouter: media.mediaRouter,
    maxBitrateBps: 1_000,
    onTracks: on.tracks,
    onLost: on.lost,
    onConsumerClosed: on.consumerClosed,
  })
  const [send, receive] = media.transports
  if (!send || !receive) throw new Error('no transports')
  const producers: Producer[] = []
  vi.mocked(send.produce).mockImplementation(async ({ kind, paused }) => {
    const producer = fakeProducer(kind)
    if (paused) await producer.pause()
    producers.push(producer)
    return producer
  })
  return { ...media, peer, on, send, receive, producers }
}

const score = (value: number) => [{ encodingIdx: 0, ssrc: 5, score: value }]

test('its transports ask for consent, and the incoming one is bounded', async () => {
  const { create, send, peer, receive } = await makePeer()
  for (const [options] of create.mock.calls) {
    expect(options).toMatchObject({
      ...{ enableUdp: true, enableTcp: true, preferUdp: true, iceConsentTimeout: 15 },
    })
  }
  expect(send.setMaxIncomingBitrate).toHaveBeenCalledWith(1_000)
  expect(peer.offer()).toMatchObject({ send: { id: send.id }, receive: { id: receive.id } })
})

test('a first transport does not stay when the second fails', async () => {
  const media = fakeRouter()
  const { mediaRouter, create, transports } = media
  const first = create.getMockImplementation()
  create.mockImplementation(async (options) => {
    if (transports.length === 1 || !first) throw new Error('worker closed')
    return await first(options)
  })
  const none = () => undefined
  const options = { mediaRouter, maxBitrateBps: 1, onTracks: none, onLost: none, onConsumerClosed: none }
  await expect(StagePeer.create(options)).rejects.toThrow('worker closed')
  expect(transports.map(({ closed }) => closed)).toEqual([true])
})

test('a track is active while its score says so, and each change is told once', async () => {
  const { peer, on, producers } = await makePeer()
  await peer.produce('microphone', 'audio', opus, false)
  expect(peer.track('microphone')).toMatchObject({ kind: 'audio', active: false, paused: false, layers: 1 })
  expect(on.tracks).toHaveBeenCalledTimes(1)
  producers[0]?.emit('score', score(0))
  expect(on.tracks).toHaveBeenCalledTimes(1)
  producers[0]?.emit('score', score(1))
  producers[0]?.emit('score', score(9))
  expect([on.tracks.mock.calls.length, peer.track('microphone')?.active]).toEqual([2, true])
  producers[0]?.emit('score', score(0))
  expect([on.tracks.mock.calls.length, peer.track('microphone')?.active]).toEqual([3, false])
  await peer.setPaused('microphone', true)
  expect([on.tracks.mock.calls.length, peer.track('microphone')?.paused]).toEqual([4, true])
  await peer.setPaused('microphone', false)
  expect(peer.track('microphone')?.paused).toBe(false)
  await peer.setPaused('camera', true)
  expect(on.tracks).toHaveBeenCalledTimes(5)
  peer.unproduce('microphone')
  expect([on.tracks.mock.calls.length, peer.track('microphone')]).toEqual([6, undefined])
})

test('a track of the same name takes the place of the old one, whose end is no news', async () => {
  const { peer, on, producers } = await makePeer()
  await peer.produce('microphone', 'audio', opus, false)
  const id = await peer.produce('microphone', 'audio', opus, true)
  expect(producers.map(({ closed }) => closed)).toEqual([true, false])
  expect(peer.track('microphone')).toMatchObject({ id, paused: true })
  peer.close()
  const calls = on.tracks.mock.calls.length
  producers[1]?.emit('score', score(3))
  producers[1]?.close()
  expect(on.tracks).toHaveBeenCalledTimes(calls)
})

test.each([
  ['icestatechange', 'disconnected', 1],
  ['icestatechange', 'completed', 0],
  ['dtlsstatechange', 'failed', 1],
  ['dtlsstatechange', 'closed', 1],
  ['dtlsstatechange', 'connected', 0],
] as const)('%s to %s: lost %i times', async (event, state, times) => {
  const { peer, on, send, receive } = await makePeer()
  for (const transport of [send, receive]) transport.emit(event, state as never)
  expect([on.lost.mock.calls.length, send.closed, receive.closed]).toEqual([times, times > 0, times > 0])
  peer.close()
  send.emit('icestatechange', 'disconnected')
  expect(on.lost).toHaveBeenCalledTimes(times)
})

test('it gets another person’s track when its browser can play that', async () => {
  const [one, other] = [await makePeer(), await makePeer()]
  const id = await one.peer.produce('microphone', 'audio', opus, false)
  await expect(other.peer.consume(id)).rejects.toMatchObject({ code: 'WRONG_STATE' })
  other.peer.setCapabilities({ codecs: [] })
  const can = vi.mocked(other.mediaRouter.router.canConsume).mockReturnValue(false)
  await expect(other.peer.consume(id)).rejects.toMatchObject({ code: 'NO_COMMON_CODEC' })
  can.mockReturnValue(true)
  const consumers: Consumer[] = []
  vi.mocked(other.receive.consume).mockImplementation(async ({ producerId }) => {
    const consumer = fakeConsumer({ producerId, type: 'simulcast' })
    consumers.push(consumer)
    return consumer
  })
  const { consumerId, producerId } = await other.peer.consume(id)
  expect(producerId).toBe(id)
  // What is sent already is not sent twice.
  expect(await other.peer.consume(id)).toMatchObject({ consumerId })
  expect(consumers).toHaveLength(1)

  await other.peer.prefer(consumerId, 0)
  expect([consumers[0]?.paused, vi.mocked(consumers[0] ?? fakeConsumer()).setPreferredLayers]).toEqual([
    true,
    expect.not.objectContaining({ mock: { calls: [expect.anything()] } }),
  ])
  await other.peer.prefer(consumerId, 200)
  expect(consumers[0]?.paused).toBe(false)
  expect(consumers[0]?.setPreferredLayers).toHaveBeenCalledExactlyOnceWith({ spatialLayer: 0 })
  await other.peer.prefer(consumerId, 700)
  expect(consumers[0]?.resume).toHaveBeenCalledOnce()
  await other.peer.prefer('unknown', 700)

  other.peer.closeConsumers((each) => each === id)
  expect(consumers[0]?.closed).toBe(false)
  other.peer.closeConsumers(() => false)
  expect(consumers[0]?.closed).toBe(true)
  consumers[0]?.emit('producerclose')
  expect(other.on.consumerClosed).toHaveBeenCalledExactlyOnceWith(consumerId)
  const second = await other.peer.consume(id)
  other.peer.close()
  consumers[1]?.close()
  expect(other.on.consumerClosed).not.toHaveBeenCalledWith(second.consumerId)
})

test('a track of one layer is paused and resumed only', async () => {
  const [one, other] = [await makePeer(), await makePeer()]
  const id = await one.peer.produce('microphone', 'audio', opus, false)
  other.peer.setCapabilities({})
  const consumer = fakeConsumer()
  vi.mocked(other.receive.consume).mockResolvedValue(consumer)
  const { consumerId } = await other.peer.consume(id)
  await other.peer.prefer(consumerId, 700)
  expect(consumer.resume).not.toHaveBeenCalled()
  expect(consumer.setPreferredLayers).not.toHaveBeenCalled()
})

test('what mediasoup refuses is the client’s fault', async () => {
  const { peer, send } = await makePeer()
  vi.mocked(send.produce).mockRejectedValue(new Error('odd codec'))
  await expect(peer.produce('microphone', 'audio', opus, false)).rejects.toMatchObject({
    ...{ code: 'UNSUPPORTED_MEDIA', message: expect.stringMatching(/odd codec/) },
  })
})

test('its figures are of what it sends and does not pause', async () => {
  const { peer, producers } = await makePeer()
  expect(await peer.figures()).toEqual({ score: 10, roundTripMs: null, lostShare: 0, bitrateBps: 0 })
  for (const name of ['one', 'two', 'paused']) await peer.produce(name, 'audio', opus, name === 'paused')
  const stats = (parts: object) => vi.fn(async () => [parts as never])
  const [one, two, paused] = producers
  if (!one || !two || !paused) throw new Error('no producers')
  Object.assign(one, {
    score: [...score(4), ...score(8)],
    getStats: stats({ packetCount: 90, packetsLost: 10, bitrate: 500, roundTripTime: 20.4 }),
  })
  Object.assign(two, {
    score: score(9),
    getStats: stats({ packetCount: 10, packetsLost: -3, bitrate: 300 }),
  })
  Object.assign(paused, {
    score: score(1),
    getStats: stats({ packetCount: 1_000, packetsLost: 0, bitrate: 9 }),
  })
  expect(await peer.figures()).toEqual({ score: 8, roundTripMs: 20, lostShare: 0.1, bitrateBps: 800 })
})

test.each([
  [100, 0],
  [211, 0],
  [212, 1],
  [423, 1],
  [424, 2],
  [2_000, 2],
])('shown %i pixels high: layer %i', (height, layer) => {
  expect(layerFor(height)).toBe(layer)
})
