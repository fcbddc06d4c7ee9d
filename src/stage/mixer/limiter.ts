/** Just below full scale, so that encoders do not clip. */
const ceiling = 0.94
/** How much of the way back to full gain a block goes: about a quarter of a second at 33 ms. */
const release = 0.12

/** Keeps a mix below full scale: several people who speak at once add up to more. */
export class Limiter {
  #gain = 1

  /**
   * Makes 16-bit samples of a mix.
   * @param mix stereo, interleaved, 1 is full scale.
   * @returns s16le.
   */
  process(mix: Float32Array): Buffer {
    let peak = 0
    for (const sample of mix) peak = Math.max(peak, Math.abs(sample))
    const allowed = peak > ceiling ? ceiling / peak : 1
    const before = this.#gain
    // Down within the block, up slowly.
    this.#gain = allowed < before ? allowed : Math.min(allowed, before + (1 - before) * release)
    const out = Buffer.allocUnsafe(mix.length * 2)
    const frames = mix.length / 2
    // The ramp down is short: a peak may come early in the block.
    const rampFrames = Math.min(frames, this.#gain < before ? 48 : frames)
    for (let index = 0; index < frames; index += 1) {
      const gain = before + (this.#gain - before) * Math.min(1, index / rampFrames)
      out.writeInt16LE(toInt16((mix[index * 2] ?? 0) * gain), index * 4)
      out.writeInt16LE(toInt16((mix[index * 2 + 1] ?? 0) * gain), index * 4 + 2)
    }
    return out
  }
}

function toInt16(sample: number): number {
  return Math.round(Math.min(1, Math.max(-1, sample)) * 32_767)
}
