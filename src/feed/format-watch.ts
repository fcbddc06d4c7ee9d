import { type ParameterSets, parameterSetsOf } from '../mp4/parameter-sets.ts'

/** size: another resolution or profile · coding: the same, coded with other picture parameters. */
export type FormatChange = 'size' | 'coding'

/** Notices when copied H.264 changes in a way that its initialisation segment does not describe. */
export class FormatWatch {
  #known: ParameterSets | undefined

  /** Looks at a keyframe. @returns what changed since the one before; null: nothing. */
  look(keyframe: Buffer): FormatChange | null {
    const now = parameterSetsOf(keyframe)
    // Encoders may leave them out when nothing has changed.
    if (now.sequence.length === 0) return null
    const before = this.#known
    // Copies: views would keep the whole sample in memory.
    this.#known = { sequence: copies(now.sequence), picture: copies(now.picture) }
    if (!before) return null
    if (!alike(before.sequence, now.sequence)) return 'size'
    return alike(before.picture, now.picture) ? null : 'coding'
  }
}

function copies(units: readonly Buffer[]): Buffer[] {
  return units.map((unit) => Buffer.from(unit))
}

function alike(one: readonly Buffer[], other: readonly Buffer[]): boolean {
  return Buffer.concat(one).equals(Buffer.concat(other))
}
