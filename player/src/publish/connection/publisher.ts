import type { StreamSnapshot } from '../../../../src/streams/stream-snapshot.ts'
import type { OutgoingTracks } from '../capture/local-media.ts'
import type { CodecName } from './choose-codec.ts'
import { afterConnectionEnd, type ConnectionEnd } from './connection-end.ts'
import { GatewayConnection } from './gateway-connection.ts'
import type { PublishKey } from './publish-key.ts'
import type { PublisherState } from './publisher-state.ts'
import type { ResumeToken } from './resume-token.ts'

type Options = {
  url: string
  key: PublishKey
  token: ResumeToken
  forcedCodec: CodecName | null
  videoBitrateBps: (limitBps: number) => number
  watcher: {
    state: (state: PublisherState) => void
    stream: (stream: StreamSnapshot) => void
    /** The gateway wants a key, or another one. */
    refused: () => void
  }
}

/** Keeps the stream live: opens one connection after the other, until stopped or refused for good. */
export class Publisher {
  readonly #options: Options
  #state: PublisherState = { phase: 'idle' }
  #connection: GatewayConnection | null = null
  #outgoing: OutgoingTracks = { audio: null, video: null }
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
    this.#options.token.forgetOwn()
    this.#setState({ phase: 'connecting' })
    this.#open()
  }

  stop(): void {
    this.#options.token.drop()
    this.#finish({ phase: 'idle' })
  }

  /** Ends with a message that stays on the page. */
  fail(message: string): void {
    this.#options.token.drop()
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
    const { url, key, token, forcedCodec, videoBitrateBps, watcher } = this.#options
    this.#connection = new GatewayConnection({
      url,
      forcedCodec,
      videoBitrateBps,
      key: key.value,
      resumeToken: token.toShow(),
      outgoing: this.#outgoing,
      watcher: {
        token: (fresh) => token.keep(fresh),
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
    if (end.code === 'UNAUTHENTICATED' || end.code === 'FORBIDDEN') this.#options.watcher.refused()
    const resuming = this.#options.token.own !== null
    const next = afterConnectionEnd(end, { resuming, failures: this.#failures, random: Math.random() })
    if (next.action === 'stop') {
      // The token stays: the gateway may still wait for this browser.
      this.#finish({ phase: 'error', message: next.message })
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
