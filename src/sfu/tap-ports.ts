import { createSocket } from 'node:dgram'
import { GatewayError } from '../errors.ts'

/**
 * Loopback UDP ports between mediasoup and ffmpeg. The lower two thirds are handed out here as pairs for ffmpeg,
 * whose rtp protocol always binds an even port and the one above it; the upper third is mediasoup's.
 */
export class TapPorts {
  readonly #pairs: readonly number[]
  readonly #taken = new Set<number>()
  /** Where mediasoup's side of the taps may listen. */
  readonly sfuRange: { min: number; max: number }
  #next = 0

  constructor(min: number, max: number) {
    const split = min + Math.floor(((max - min + 1) * 2) / 3)
    const firstEven = min + (min % 2)
    this.#pairs = Array.from(
      { length: Math.floor((split - firstEven) / 2) },
      (_, index) => firstEven + index * 2,
    )
    this.sfuRange = { min: split, max }
  }

  /** Pairs in use. */
  get inUse(): number {
    return this.#taken.size
  }

  /**
   * Reserves an even port and the next one, both free on 127.0.0.1. Ports are used in turn, so that late packets of
   * an ended tap don't reach the next one.
   * @throws GatewayError NO_FREE_PORTS
   */
  async reservePair(): Promise<number> {
    for (let tried = 0; tried < this.#pairs.length; tried += 1) {
      const port = this.#pairs[this.#next++ % this.#pairs.length]
      if (port === undefined || this.#taken.has(port)) continue
      this.#taken.add(port)
      if ((await isFree(port)) && (await isFree(port + 1))) return port
      this.#taken.delete(port)
    }
    throw new GatewayError(
      'NO_FREE_PORTS',
      'The gateway has no free media ports left. Its operator can widen SLUICE_TAP_PORT_MIN to SLUICE_TAP_PORT_MAX.',
    )
  }

  release(port: number): void {
    this.#taken.delete(port)
  }
}

/** Whether a UDP port of 127.0.0.1 can be bound right now. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4')
    socket.once('error', () => socket.close(() => resolve(false)))
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => socket.close(() => resolve(true)))
  })
}
