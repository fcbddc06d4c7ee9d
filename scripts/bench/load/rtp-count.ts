/** Counts what one receiver gets of one track: packets, frames, and gaps in the sequence numbers. */
export class RtpCount {
  packets = 0
  bytes = 0
  /** Pictures: packets with the marker bit, which ends a frame (RFC 6184 section 5.1, RFC 7741 section 4.1). */
  frames = 0
  firstAtMs: number | null = null
  #first: number | null = null
  /** Sequence number without its wrap. */
  #highest = 0

  /** @param packet RTP or RTCP; RTCP is left out. */
  add(packet: Buffer, nowMs = performance.now()): void {
    const second = packet[1] ?? 0
    if (packet.length < 12 || (second >= 192 && second <= 223)) return
    this.packets += 1
    this.bytes += packet.length
    if ((second & 0x80) !== 0) this.frames += 1
    this.firstAtMs ??= nowMs
    const sequence = packet.readUInt16BE(2)
    if (this.#first === null) {
      this.#first = sequence
      this.#highest = sequence
      return
    }
    const step = (sequence - (this.#highest & 0xffff) + 0x1_0000) & 0xffff
    // More than half of the circle ahead is behind.
    if (step < 0x8000) this.#highest += step
  }

  /** Packets that should have come by now. */
  get expected(): number {
    return this.#first === null ? 0 : this.#highest - this.#first + 1
  }

  /** Packets that never came; none when some came twice. */
  get lost(): number {
    return Math.max(0, this.expected - this.packets)
  }
}
