import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { addPlainTrack } from '../../../src/sfu/plain-ingest.ts'
import { Publication } from '../../../src/sfu/publication.ts'
import { TapPorts } from '../../../src/sfu/tap-ports.ts'
import { WebRtcIngest } from '../../../src/sfu/webrtc-ingest.ts'
import { TranscodeSlots } from '../../../src/transcode-slots.ts'
import { fakeProducer, fakeRouter } from '../../support/fake-mediasoup.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const score = (value: number) => [{ encodingIdx: 0, ssrc: 5, score: value }]
const fingerprints = [{ algorithm: 'sha-256', value: Array(32).fill('AB').join(':') }]
const opus = {
  codecs: [{ mimeType: 'audio/opus', payloadType: 111, clockRate: 48_000, channels: 2 }],
  encodings: [{ ssrc: 5 }],
}

function publishing() {
  const media = fakeRouter()
  const onEnd = vi.fn()
  const publication = new Publication({
    mediaRouter: media.mediaRouter,
    announcedKinds: ['audio'],
    ports: new TapPorts(40_000, 40_001),
    transcodes: new TranscodeSlots(1),
    onEnd,
  })
  const changes = vi.fn()
  const forget = publication.onTracksChanged(changes)
  return { ...media, publication, onEnd, changes, forget }
}

async function ingesting() {
  const made = publishing()
  const onOverBitrate = vi.fn()
  const ingest = await WebRtcIngest.create(made.publication, { maxBitrateBps: 1_000_000, onOverBitrate })
  const [transport] = made.transports
  if (!transport) throw new Error('no transport')
  const connect = () => ingest.connect({ role: 'client', fingerprints })
  return { ...made, ingest, transport, onOverBitrate, connect }
}

const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1_000)

describe('a publication', () => {
  test('tells once that a track came, sends, stops to and went', async () => {
    const { publication, changes, forget } = publishing()
    const producer = fakeProducer('audio')
    await publication.add(producer)
    expect(publication.snapshot()).toEqual([{ kind: 'audio', codec: 'audio/opus', active: false }])
    await seconds(1)
    producer.emit('score', score(1))
    producer.emit('score', score(5))
    expect([changes.mock.calls.length, publication.tracks[0]?.active]).toEqual([2, true])
    expect((publication.tracks[0]?.sinceMs ?? 0) - publication.startedAtMs).toBe(1_000)
    producer.emit('score', score(0))
    expect([changes.mock.calls.length, publication.tracks[0]?.active]).toEqual([3, false])
    expect(() => publication.remove('unknown')).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
    publication.remove(producer.id)
    expect([changes.mock.calls.length, publication.tracks]).toEqual([4, []])
    forget()
    await publication.add(fakeProducer('audio'))
    expect(changes).toHaveBeenCalledTimes(4)
  })

  test('has one track of each kind', async () => {
    const { publication } = publishing()
    await publication.add(fakeProducer('audio'))
    const second = fakeProducer('audio')
    await expect(publication.add(second)).rejects.toMatchObject({ code: 'WRONG_STATE' })
    expect([second.closed, publication.tracks.length]).toEqual([true, 1])
    await publication.add(fakeProducer('video'))
    expect(publication.tracks).toHaveLength(2)
  })

  test('keeps a place for a picture that has to be encoded, for as long as it is there', async () => {
    const { publication } = publishing()
    const vp8 = () => fakeProducer('video', { mimeType: 'video/VP8' })
    const first = vp8()
    await publication.add(first)
    const transcodes = new TranscodeSlots(0)
    const full = new Publication({
      ...{ mediaRouter: publication.mediaRouter, announcedKinds: [], ports: new TapPorts(40_000, 40_001) },
      ...{ transcodes, onEnd: () => undefined },
    })
    const other = vp8()
    await expect(full.add(other)).rejects.toMatchObject({ code: 'TOO_MANY_TRANSCODES' })
    expect([other.closed, full.tracks.length]).toEqual([true, 0])
    // H.264 needs none; and a place that is free again can be taken.
    await full.add(fakeProducer('video'))
    first.close()
    await publication.add(vp8())
    expect(publication.tracks).toHaveLength(1)
  })

  test('ends once, with all it holds', async () => {
    const { publication, onEnd, changes } = publishing()
    const undo = vi.fn()
    publication.onceClosed(undo)
    const producer = fakeProducer('audio')
    await publication.add(producer)
    const error = new Error('gone') as never
    publication.fail(error)
    publication.fail(error)
    publication.close()
    expect([onEnd.mock.calls, undo.mock.calls.length, producer.closed]).toEqual([[[error]], 1, true])
    expect([changes.mock.calls.length, publication.closed, publication.tracks]).toEqual([1, true, []])
    publication.onceClosed(undo)
    expect(undo).toHaveBeenCalledTimes(2)
    await expect(publication.add(fakeProducer('video'))).rejects.toMatchObject({ code: 'WRONG_STATE' })
    const quiet = publishing()
    quiet.publication.close()
    quiet.publication.fail(error)
    expect(quiet.onEnd).not.toHaveBeenCalled()
  })
})

describe('a WebRTC publisher', () => {
  test('gets a connection that asks for its consent, and knows the limit', async () => {
    const { create, transport, ingest } = await ingesting()
    expect(create).toHaveBeenCalledWith(
      expect.objectContaining({
        ...{ enableUdp: true, enableTcp: true, preferUdp: true, iceConsentTimeout: 15 },
      }),
    )
    expect(transport.setMaxIncomingBitrate).toHaveBeenCalledWith(1_000_000)
    expect(ingest.parameters.id).toBe(transport.id)
    expect(await ingest.restartIceByFragment()).toMatch(/a=ice-ufrag:next/)
  })

  test('has 15 s to connect, 15 s until that stands and 20 s to send', async () => {
    const says = ({ onEnd }: { onEnd: ReturnType<typeof vi.fn> }) => onEnd.mock.calls[0]?.[0]?.message
    const idle = await ingesting()
    await seconds(14.9)
    expect(says(idle)).toBeUndefined()
    await seconds(0.1)
    expect(says(idle)).toMatch(/did not begin/)
    const started = await ingesting()
    await started.connect()
    await expect(started.connect()).rejects.toMatchObject({ code: 'WRONG_STATE' })
    await seconds(15)
    expect(says(started)).toMatch(/did not come about/)
    const silent = await ingesting()
    await silent.connect()
    silent.transport.emit('dtlsstatechange', 'connecting')
    silent.transport.emit('dtlsstatechange', 'connected')
    await silent.ingest.produce('audio', opus)
    silent.publication.tracks[0]?.producer.emit('score', score(0))
    await seconds(19.9)
    expect(says(silent)).toBeUndefined()
    await seconds(0.1)
    expect(says(silent)).toMatch(/sends no media/)
    const good = await ingesting()
    await good.connect()
    good.transport.emit('dtlsstatechange', 'connected')
    await good.ingest.produce('audio', opus)
    good.publication.tracks[0]?.producer.emit('score', score(9))
    await seconds(60)
    expect(says(good)).toBeUndefined()
    good.ingest.close()
    expect(vi.getTimerCount()).toBeLessThan(99)
  })

  test.each([
    ['icestatechange', 'disconnected', true],
    ['icestatechange', 'closed', true],
    ['icestatechange', 'completed', false],
    ['dtlsstatechange', 'failed', true],
    ['dtlsstatechange', 'closed', true],
    ['dtlsstatechange', 'connecting', false],
  ] as const)('%s to %s ends the publication: %s', async (event, state, ends) => {
    const { transport, publication, ingest } = await ingesting()
    transport.emit(event, state as never)
    expect(publication.closed).toBe(ends)
    ingest.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('that sends more than it may is warned, then ended', async () => {
    const { transport, publication, ingest, onOverBitrate, connect, onEnd } = await ingesting()
    await connect()
    transport.emit('dtlsstatechange', 'connected')
    await ingest.produce('audio', opus)
    publication.tracks[0]?.producer.emit('score', score(9))
    let bytes = 0
    vi.mocked(transport.getStats).mockImplementation(async () => {
      bytes += 500_000
      return [{ bytesReceived: bytes - 1_000 } as never, { bytesReceived: 1_000 } as never]
    })
    await seconds(12)
    expect(onOverBitrate).toHaveBeenCalledOnce()
    expect(publication.closed).toBe(false)
    await seconds(20)
    expect(onEnd).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'BITRATE_TOO_HIGH' }))
  })

  test('whose figures fail is lost, unless it is closed already', async () => {
    const lost = await ingesting()
    vi.mocked(lost.transport.getStats).mockRejectedValue(new Error('gone'))
    await seconds(2)
    expect(lost.onEnd).toHaveBeenCalledWith(expect.objectContaining({ code: 'CONNECTION_LOST' }))
    const closed = await ingesting()
    const { promise, reject } = Promise.withResolvers<never>()
    vi.mocked(closed.transport.getStats).mockReturnValue(promise)
    await seconds(2)
    closed.ingest.close()
    reject(new Error('gone'))
    await seconds(1)
    expect(closed.onEnd).not.toHaveBeenCalled()
  })

  test('is told what mediasoup does not accept, or that its connection broke', async () => {
    const { ingest, transport } = await ingesting()
    vi.mocked(transport.produce).mockRejectedValue(new Error('odd'))
    await expect(ingest.produce('audio', opus)).rejects.toMatchObject({ code: 'UNSUPPORTED_MEDIA' })
    transport.close()
    await expect(ingest.produce('audio', opus)).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
  })
})

test.each([
  ['video/H264', 'video', 102, 90_000],
  ['video/VP8', 'video', 103, 90_000],
  ['audio/opus', 'audio', 104, 48_000],
] as const)('plain RTP of %s has its own place', async (name, kind, payloadType, clockRate) => {
  const { publication, createPlain, transports } = publishing()
  const destination = await addPlainTrack(publication, name)
  expect(destination).toMatchObject({ rtpPort: 5_000, rtcpPort: 5_001, payloadType })
  expect(createPlain).toHaveBeenCalledWith({
    ...{ listenInfo: { protocol: 'udp', ip: '127.0.0.1' }, rtcpMux: false, comedia: true },
  })
  expect(transports[0]?.produce).toHaveBeenCalledWith({
    kind,
    rtpParameters: {
      codecs: [expect.objectContaining({ mimeType: name, payloadType, clockRate })],
      encodings: [{ ssrc: destination.ssrc }],
      rtcp: { cname: 'sluice-rtp' },
    },
  })
  expect(publication.tracks.map((track) => track.kind)).toEqual([kind])
  publication.close()
  expect(transports[0]?.closed).toBe(true)
})
