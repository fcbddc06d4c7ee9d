import type { types } from 'mediasoup-client'
import { messageOf } from '../../../../src/errors.ts'
import type { Notice } from '../../../../src/ingest/protocol.ts'
import { protocolVersion } from '../../../../src/ingest/protocol-constants.ts'
import type { StreamSnapshot } from '../../../../src/streams/stream-snapshot.ts'
import type { OutgoingTracks } from '../capture/local-media.ts'
import { type CodecName, chooseVideoCodec } from './choose-codec.ts'
import type { ConnectionEnd } from './connection-end.ts'
import { PathWatch } from './path-watch.ts'
import { createTransport, loadDevice } from './send-transport.ts'
import { Senders } from './senders.ts'
import { Signal } from './signal.ts'
import { SignalError } from './signal-error.ts'
import { SilenceWatch } from './silence-watch.ts'

export type ConnectionOptions = {
  url: string
  /** Publish key; null while none was needed. */
  key: string | null
  resumeToken: string | null
  forcedCodec: CodecName | null
  outgoing: OutgoingTracks
  /** What the video encoder may use, given the server's limit. */
  videoBitrateBps: (limitBps: number) => number
  watcher: {
    token: (resumeToken: string) => void
    live: () => void
    /** The media path broke and is being repaired; the gateway still answers. */
    repairing: (reason: string) => void
    stream: (stream: StreamSnapshot) => void
    /** Exactly once, unless this page stopped the connection. */
    ended: (end: ConnectionEnd) => void
  }
}

/** One connection to the gateway: from the websocket to media that flows. It ends at the first real trouble. */
export class GatewayConnection {
  readonly #options: ConnectionOptions
  readonly #abort = new AbortController()
  readonly #silence: SilenceWatch
  #outgoing: OutgoingTracks
  #signal: Signal | null = null
  #transport: types.Transport | null = null
  #path: PathWatch | null = null
  #senders: Senders | null = null
  #limitBps: number | null = null
  #closed = false

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#outgoing = options.outgoing
    this.#silence = new SilenceWatch(() => this.#end(new SignalError('the gateway went silent')))
    this.#start().catch((error: unknown) => this.#end(error))
  }

  /** Changes what is sent, while it is being sent. */
  setOutgoing(outgoing: OutgoingTracks): void {
    this.#outgoing = outgoing
    this.#senders?.send(outgoing).catch((error: unknown) => this.#end(error))
  }

  /** Lets a changed choice of bitrate take effect at once. */
  updateBitrate(): void {
    if (this.#limitBps !== null) this.#senders?.setVideoBitrate(this.#options.videoBitrateBps(this.#limitBps))
  }

  /** The browser's statistics of the connection, or null while there is none. */
  async stats(): Promise<RTCStatsReport | null> {
    if (!this.#transport || this.#transport.closed) return null
    return this.#transport.getStats()
  }

  /** Ends the broadcast on purpose: viewers get the end of the stream, not an interruption. */
  stop(): void {
    if (this.#closed) return
    this.#closed = true
    const stopped = this.#signal?.request('stop', {}) ?? Promise.resolve()
    stopped
      .catch((error: unknown) => console.info('The gateway did not confirm the stop', error))
      // Not earlier: a media path that closes before the word "stop" arrives looks like an accident.
      .finally(() => this.#release())
  }

  #release(): void {
    this.#closed = true
    this.#silence.close()
    this.#path?.close()
    this.#transport?.close()
    this.#abort.abort()
    this.#signal?.close()
  }

  async #start(): Promise<void> {
    const { url, key, resumeToken, forcedCodec, watcher } = this.#options
    const signal = await Signal.open(
      url,
      { onNotice: (notice) => this.#onNotice(notice), onClose: (error) => this.#end(error) },
      this.#abort.signal,
    )
    if (this.#closed) {
      signal.close()
      return
    }
    this.#signal = signal
    const { audio, video } = this.#outgoing
    const offer = await signal.request('publish', {
      protocol: protocolVersion,
      kinds: [...(audio ? ['audio' as const] : []), ...(video ? ['video' as const] : [])],
      ...(resumeToken === null ? {} : { resumeToken }),
      ...(key === null ? {} : { key }),
    })
    watcher.token(offer.resumeToken)
    this.#limitBps = offer.maxBitrateBps

    const device = await loadDevice(offer.routerRtpCapabilities)
    if (this.#closed) return
    const transport = createTransport(device, offer, signal)
    this.#transport = transport
    this.#path = new PathWatch(transport, signal, {
      connected: () => watcher.live(),
      broken: () => watcher.repairing('the connection broke'),
      lost: (reason) => this.#end(new SignalError(reason)),
    })
    const codec = chooseVideoCodec(device.sendRtpCapabilities.codecs ?? [], forcedCodec)
    if (video && codec === null) {
      const name = forcedCodec?.toUpperCase() ?? 'any video format of this gateway'
      throw new SignalError(`this browser cannot send ${name}`, 'UNSUPPORTED')
    }
    const bitrateBps = this.#options.videoBitrateBps(offer.maxBitrateBps)
    this.#senders = new Senders(transport, signal, codec, bitrateBps)
    await this.#senders.send(this.#outgoing)
    if (!this.#closed) this.#path.start()
  }

  #onNotice(notice: Notice): void {
    if (this.#closed) return
    if (notice.type === 'status') {
      this.#silence.heard()
      this.#options.watcher.stream(notice.stream)
    } else if (notice.type === 'warning') {
      console.warn(notice.error.code, notice.error.message)
    } else {
      this.#end(new SignalError(notice.error.message, notice.error.code), notice.retry)
    }
  }

  #end(error: unknown, retry: boolean | null = null): void {
    if (this.#closed) return
    this.#release()
    console.warn('The connection ended', error)
    const end: ConnectionEnd =
      error instanceof SignalError ? error.end : { reason: messageOf(error), code: null, retry: null }
    this.#options.watcher.ended({ ...end, retry: retry ?? end.retry })
  }
}
