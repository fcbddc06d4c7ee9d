import { GatewayError } from './errors.ts'

/** How many pictures are encoded at the same time, over all streams: each takes a good part of a core. */
export class TranscodeSlots {
  readonly limit: number
  #inUse = 0

  constructor(limit: number) {
    this.limit = limit
  }

  get inUse(): number {
    return this.#inUse
  }

  /**
   * @returns gives the place back; may be called twice.
   * @throws GatewayError TOO_MANY_TRANSCODES
   */
  take(): () => void {
    if (this.#inUse >= this.limit) {
      throw new GatewayError(
        'TOO_MANY_TRANSCODES',
        `The gateway encodes ${this.limit} pictures at a time (SLUICE_MAX_TRANSCODES). H.264 from a publisher needs none.`,
      )
    }
    this.#inUse += 1
    let taken = true
    return () => {
      if (taken) this.#inUse -= 1
      taken = false
    }
  }
}

/** @param mimeType of an RTP video track, such as `video/VP8`. HLS and RTMP take H.264 as it is. */
export function needsTranscode(mimeType: string): boolean {
  return /^video\//i.test(mimeType) && !/^video\/h264$/i.test(mimeType)
}
