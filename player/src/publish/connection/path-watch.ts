import type { types } from 'mediasoup-client'
import type { Signal } from './signal.ts'

const connectMs = 15_000
const repairMs = 5000
const blocked = 'no media gets through. A firewall may block the gateway’s WebRTC port'

type Watcher = { connected: () => void; broken: () => void; lost: (reason: string) => void }

/**
 * Watches the media path (ICE and DTLS). A path that breaks while the websocket stands is repaired by an ICE
 * restart, which keeps the encoders and the stream as they are; one that stays broken costs the whole connection.
 */
export class PathWatch {
  readonly #transport: types.Transport
  readonly #signal: Signal
  readonly #watcher: Watcher
  #timer: ReturnType<typeof setTimeout> | undefined
  #started = false
  #connected = false
  #wasConnected = false

  constructor(transport: types.Transport, signal: Signal, watcher: Watcher) {
    this.#transport = transport
    this.#signal = signal
    this.#watcher = watcher
    transport.on('connectionstatechange', (state) => this.#onState(state))
    this.#timer = setTimeout(() => watcher.lost(blocked), connectMs)
  }

  /** All tracks are announced: from now on a connected path means "live". */
  start(): void {
    this.#started = true
    if (this.#connected) this.#watcher.connected()
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  #onState(state: types.ConnectionState): void {
    if (state === 'connected') {
      this.#connected = true
      this.#wasConnected = true
      clearTimeout(this.#timer)
      this.#timer = undefined
      if (this.#started) this.#watcher.connected()
    } else if (state === 'disconnected' || state === 'failed') {
      if (this.#connected) this.#repair()
      else if (state === 'failed' && !this.#wasConnected) this.#watcher.lost(blocked)
    }
  }

  #repair(): void {
    this.#connected = false
    this.#watcher.broken()
    this.#timer = setTimeout(() => this.#watcher.lost('the connection broke'), repairMs)
    this.#restartIce().catch((error: unknown) => {
      console.warn('The media path cannot be repaired', error)
      this.#watcher.lost('the connection broke')
    })
  }

  async #restartIce(): Promise<void> {
    const { iceParameters } = await this.#signal.request('restartIce', {})
    if (this.#transport.closed) return
    // mediasoup's own shape, which the protocol leaves opaque.
    await this.#transport.restartIce({ iceParameters: iceParameters as types.IceParameters })
  }
}
