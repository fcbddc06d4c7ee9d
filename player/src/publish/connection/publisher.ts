import type { StreamSnapshot } from '../../../../src/streams/stream-snapshot.ts'
import type { OutgoingTracks } from '../capture/local-media.ts'
import type { CodecName } from './choose-codec.ts'
import { afterConnectionEnd, type ConnectionEnd } from './connection-end.ts'
import { GatewayConnection } from './gateway-connection.ts'
import type { PublisherState } from './publisher-state.ts'

type Options = {
  url: string
  forcedCodec: CodecName | null
  videoBitrateBps: (limitBps: number) => number
  watcher: { state: (state: PublisherState) => void; stream: (stream: StreamSnapshot) => void }
}

/** Keeps the stream live: opens one connection after the other, until stopped or refused for good. */
export class Publisher {
  readonly #options: Options
  #state: PublisherState = { phase: 'idle' }
  #connection: GatewayConnection | null = null
  #outgoing: OutgoingTracks = { audio: null, video: null }
  #resumeToken: string | null = null
  #liveSinceMs: number | null = null
  #failures = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(options: Options) {
    this.#options = options
    // A network that comes back is worth an attempt at once.
    window.addEventListener('online', () => this.#retryNow())
  }

  get state(): PublisherState {
    return this.#state
  }

  start(outgoing: OutgoingTracks): void {
    this.#outgoing = outgoing
    this.#failures = 0
    this.#liveSinceMs = null
    this.#resumeToken = null
    this.#setState({ phase: 'connecting' })
    this.#open()
  }

  stop(): void {
    this.#finish({ phase: 'idle' })
  }

  /** Ends with a message that stays on the page. */
  fail(message: string): void {
    this.#finish({ phase: 'error', message })
  }

  setOutgoing(outgoing: OutgoingTracks): void {
    this.#outgoing = outgoing
    this.#connection?.setOutgoing(outgoing)
  }

  updateBitrate(): void {
    this.#connection?.updateBitrate()
  }

  async stats(): Promise<RTCStatsReport | null> {
    return (await this.#connection?.stats()) ?? null
  }

  #open(): void {
    const { url, forcedCodec, videoBitrateBps, watcher } = this.#options
    this.#connection = new GatewayConnection({
      url,
      forcedCodec,
      videoBitrateBps,
      resumeToken: this.#resumeToken,
      outgoing: this.#outgoing,
      watcher: {
        token: (token) => {
          this.#resumeToken = token
        },
        live: () => {
          this.#failures = 0
          this.#liveSinceMs ??= Date.now()
          this.#setState({ phase: 'live', sinceMs: this.#liveSinceMs })
        },
        repairing: (reason) => this.#setState({ phase: 'reconnecting', reason, retryAtMs: null }),
        stream: watcher.stream,
        ended: (end) => this.#onEnded(end),
      },
    })
  }

  #onEnded(end: ConnectionEnd): void {
    this.#connection = null
    this.#failures += 1
    const resuming = this.#resumeToken !== null
    const next = afterConnectionEnd(end, { resuming, failures: this.#failures, random: Math.random() })
    if (next.action === 'stop') {
      this.fail(next.message)
      return
    }
    const retryAtMs = Date.now() + next.delayMs
    this.#setState({ phase: 'reconnecting', reason: end.reason, retryAtMs })
    this.#timer = setTimeout(() => this.#retryNow(), next.delayMs)
  }

  #retryNow(): void {
    if (this.#state.phase !== 'reconnecting' || this.#connection !== null) return
    clearTimeout(this.#timer)
    this.#setState({ ...this.#state, retryAtMs: null })
    this.#open()
  }

  #finish(state: PublisherState): void {
    clearTimeout(this.#timer)
    this.#connection?.stop()
    this.#connection = null
    this.#setState(state)
  }

  #setState(state: PublisherState): void {
    this.#state = state
    this.#options.watcher.state(state)
  }
}
