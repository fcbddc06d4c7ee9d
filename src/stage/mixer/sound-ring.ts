export const sampleRateHz = 48_000
const samplesPerMs = sampleRateHz / 1_000
const ringSamples = sampleRateHz * 2
/** Larger steps in time are real gaps; smaller ones are corrections of sender reports, which would click. */
const stepSamples = 60 * samplesPerMs
/** Each block is made this much longer or shorter at most, so that nobody hears it. */
const slewShare = 0.005

/**
 * Two seconds of one person's sound by capture time: stereo, 48 kHz. What was never written is silence. Times are ms
 * on the mixer's clock.
 */
export class SoundRing {
  readonly #samples = new Float32Array(ringSamples * 2)
  /** Absolute number of the next sample; undefined before the first block. */
  #next: number | undefined

  /** When the sound that was written ends; undefined before the first block. */
  get endMs(): number | undefined {
    return this.#next === undefined ? undefined : this.#next / samplesPerMs
  }

  /** Forgets all: its times are wrong. */
  clear(): void {
    this.#next = undefined
  }

  /**
   * Takes decoded sound.
   * @param block s16le, stereo.
   */
  write(capturedAtMs: number, block: Buffer): void {
    const count = Math.floor(block.length / 4)
    const wanted = Math.round(capturedAtMs * samplesPerMs)
    const gap = this.#next === undefined ? Number.POSITIVE_INFINITY : wanted - this.#next
    if (Math.abs(gap) > stepSamples) {
      // A block from long ago would overwrite what is about to be heard.
      if (gap < 0 && gap > -ringSamples) return
      this.#silence(Math.max(this.#next ?? wanted, wanted - ringSamples), wanted)
      this.#next = wanted
    }
    const slew = Math.abs(gap) > stepSamples ? 0 : Math.round(clamp(gap * 0.05, count * slewShare))
    this.#append(block, count, count + slew)
  }

  /**
   * Adds sound to a mix, stretched to fill it.
   * @param mix stereo, interleaved.
   * @param gain from the first sample to the last: a change is a ramp, not a click.
   * @returns loudness: root mean square of what was added before the gain, 0 to 1.
   */
  mixInto(mix: Float32Array, fromMs: number, lengthMs: number, gain: { from: number; to: number }): number {
    const count = mix.length / 2
    const start = fromMs * samplesPerMs
    const step = (lengthMs * samplesPerMs) / count
    let power = 0
    for (let index = 0; index < count; index += 1) {
      const position = start + index * step
      const whole = Math.floor(position)
      const part = position - whole
      const factor = gain.from + ((gain.to - gain.from) * index) / count
      for (let channel = 0; channel < 2; channel += 1) {
        const first = this.#read(whole, channel)
        const sample = part === 0 ? first : first + (this.#read(whole + 1, channel) - first) * part
        power += sample * sample
        mix[index * 2 + channel] = (mix[index * 2 + channel] ?? 0) + sample * factor
      }
    }
    return Math.sqrt(power / (count * 2))
  }

  #read(sample: number, channel: number): number {
    const next = this.#next
    if (next === undefined || sample >= next || sample < next - ringSamples) return 0
    return this.#samples[slot(sample) + channel] ?? 0
  }

  #append(block: Buffer, count: number, length: number): void {
    const first = this.#next ?? 0
    for (let index = 0; index < length; index += 1) {
      const source = length === count ? index : Math.min(count - 1, Math.floor((index * count) / length))
      const at = slot(first + index)
      this.#samples[at] = block.readInt16LE(source * 4) / 32_768
      this.#samples[at + 1] = block.readInt16LE(source * 4 + 2) / 32_768
    }
    this.#next = first + length
  }

  #silence(from: number, to: number): void {
    for (let sample = from; sample < to; sample += 1) {
      const at = slot(sample)
      this.#samples[at] = 0
      this.#samples[at + 1] = 0
    }
  }
}

function slot(sample: number): number {
  return (((sample % ringSamples) + ringSamples) % ringSamples) * 2
}

function clamp(value: number, limit: number): number {
  return Math.min(limit, Math.max(-limit, value))
}
