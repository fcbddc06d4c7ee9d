import { EnhancedEventEmitter } from 'mediasoup/extras'
import type {
  Consumer,
  ConsumerEvents,
  ConsumerObserverEvents,
  Producer,
  ProducerEvents,
  ProducerObserverEvents,
  Router,
  RtpCapabilities,
  RtpCodecParameters,
  WebRtcServer,
  WebRtcTransport,
  WebRtcTransportEvents,
  WebRtcTransportObserverEvents,
} from 'mediasoup/types'
import { vi } from 'vitest'
import type { MediaRouter } from '../../src/sfu/media-router.ts'

/*
 * mediasoup without a worker: objects that keep what they were asked, close as the real ones do, and whose events the
 * test emits. What mediasoup makes of media, the integration tests show.
 */

let count = 0

export function fakeProducer(kind: 'audio' | 'video', codec: Partial<RtpCodecParameters> = {}): Producer {
  count += 1
  const parts: Partial<Producer> = {
    ...fakeClosing(new EnhancedEventEmitter<ProducerObserverEvents>()),
    id: `producer-${count}`,
    kind,
    rtpParameters: {
      codecs: [{ mimeType: kind === 'audio' ? 'audio/opus' : 'video/H264', ...fakeCodec, ...codec }],
    },
    score: [],
    getStats: vi.fn(async () => []),
  }
  return withPause(Object.assign(new EnhancedEventEmitter<ProducerEvents>(), parts)) as Producer
}

const fakeCodec = { payloadType: 100, clockRate: 90_000 }

export function fakeConsumer(parts: Partial<Consumer> = {}): Consumer {
  count += 1
  const own: Partial<Consumer> = {
    ...fakeClosing(new EnhancedEventEmitter<ConsumerObserverEvents>()),
    id: `consumer-${count}`,
    kind: 'video',
    type: 'simple',
    rtpParameters: { codecs: [{ mimeType: 'video/H264', ...fakeCodec }], encodings: [{ ssrc: 77 }] },
    enableTraceEvent: vi.fn(async () => undefined),
    requestKeyFrame: vi.fn(async () => undefined),
    setPreferredLayers: vi.fn(async () => undefined),
    ...parts,
  }
  return withPause(Object.assign(new EnhancedEventEmitter<ConsumerEvents>(), own)) as Consumer
}

export function fakeTransport(): WebRtcTransport {
  count += 1
  const parts: Partial<WebRtcTransport> = {
    ...fakeClosing(new EnhancedEventEmitter<WebRtcTransportObserverEvents>()),
    id: `transport-${count}`,
    iceParameters: { usernameFragment: 'ufrag', password: 'pwd', iceLite: true },
    iceCandidates: [
      {
        ...{ foundation: 'udp', priority: 7, ip: '192.0.2.1', address: '192.0.2.1' },
        ...{ protocol: 'udp', port: 4_000, type: 'host' },
      },
    ],
    dtlsParameters: { role: 'auto', fingerprints: [{ algorithm: 'sha-256', value: 'AA:BB' }] },
    connect: vi.fn(async () => undefined),
    setMaxIncomingBitrate: vi.fn(async () => undefined),
    restartIce: vi.fn(async () => ({ usernameFragment: 'next', password: 'pwd2' })),
    getStats: vi.fn(async () => []),
    produce: vi.fn(async ({ kind }: { kind: 'audio' | 'video' }) => fakeProducer(kind)),
    consume: vi.fn(async ({ producerId, paused = false }: { producerId: string; paused?: boolean }) =>
      fakeConsumer({ producerId, paused }),
    ),
  } as Partial<WebRtcTransport>
  return Object.assign(new EnhancedEventEmitter<WebRtcTransportEvents>(), parts) as WebRtcTransport
}

/** A router whose transports the test sees. */
export function fakeRouter(capabilities: RtpCapabilities = { codecs: [], headerExtensions: [] }) {
  const transports: WebRtcTransport[] = []
  const create = vi.fn(async (_options: object) => {
    const transport = fakeTransport()
    transports.push(transport)
    return transport
  })
  const createPlain = vi.fn(async (options: object) => {
    const tuple = { localPort: 5_000, localAddress: '127.0.0.1', localIp: '127.0.0.1', protocol: 'udp' }
    const parts = { tuple, rtcpTuple: { ...tuple, localPort: 5_001 } }
    return Object.assign(await create(options), parts)
  })
  const router: Partial<Router> = {
    rtpCapabilities: capabilities,
    canConsume: vi.fn(() => true),
    createWebRtcTransport: create as Router['createWebRtcTransport'],
    createPlainTransport: createPlain as (
      options: object,
    ) => Promise<object> as Router['createPlainTransport'],
  }
  const mediaRouter: MediaRouter = {
    router: router as Router,
    webRtcServer: {} as WebRtcServer,
    close: vi.fn(),
  }
  return { mediaRouter, transports, create, createPlain }
}

function fakeClosing<Observer extends EnhancedEventEmitter<{ close: [] }>>(observer: Observer) {
  return {
    observer,
    closed: false,
    close(): void {
      if (this.closed) return
      this.closed = true
      observer.emit('close')
    },
  }
}

function withPause<T extends object>(of: T): T {
  return Object.assign(of, {
    paused: 'paused' in of && of.paused === true,
    pause: vi.fn(async function (this: { paused: boolean }) {
      this.paused = true
    }),
    resume: vi.fn(async function (this: { paused: boolean }) {
      this.paused = false
    }),
  })
}
