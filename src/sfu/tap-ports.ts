import { createSocket } from 'node:dgram'
import { GatewayError } from '../errors.ts'

/** Where ffmpeg listens. */
export const ffmpegAddress = '127.0.0.1'
/**
 * Where mediasoup's side of a tap is, under the port that ffmpeg has: ffmpeg's sockets are connected to it, so the
 * kernel keeps out whatever other users of this machine send. Linux has all of 127.0.0.0/8 on its loopback interface.
 */
export const sfuAddress = '127.0.0.2'

/**
 * Loopback UDP ports between mediasoup and ffmpeg, in pairs, because ffmpeg's rtp protocol always binds an even port and
 * the one above it.
 */
export class TapPorts {
  readonly #pairs: readonly number[]
  readonly #taken = new Set<number>()
  #next = 0

  constructor(min: number, max: number) {
    const firstEven = min + (min % 2)
    this.#pairs = Array.from(
      { length: Math.floor((max + 1 - firstEven) / 2) },
      (_, index) => firstEven + index * 2,
    )
  }

  /** Pairs in use. */
  get inUse(): number {
    return this.#taken.size
  }

  /**
   * Reserves an even port and the next one, both free on both addresses. Ports are used in turn, so that late packets of
   * an ended tap don't reach the next one.
   * @throws GatewayError NO_FREE_PORTS
   */
  async reservePair(): Promise<number> {
    for (let tried = 0; tried < this.#pairs.length; tried += 1) {
      const port = this.#pairs[this.#next++ % this.#pairs.length]
      if (port === undefined || this.#taken.has(port)) continue
      this.#taken.add(port)
      if (await isFreePair(port)) return port
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

/** RTCP comes to mediasoup on the port of RTP, so it needs the even one only. */
async function isFreePair(port: number): Promise<boolean> {
  return (
    (await isFree(port, ffmpegAddress)) &&
    (await isFree(port + 1, ffmpegAddress)) &&
    (await isFree(port, sfuAddress))
  )
}

/** Whether a UDP port can be bound right now. */
function isFree(port: number, address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4')
    socket.once('error', () => socket.close(() => resolve(false)))
    socket.bind({ port, address, exclusive: true }, () => socket.close(() => resolve(true)))
  })
}
