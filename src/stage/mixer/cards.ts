import type { FrameSize } from '../layout.ts'
import type { Overlay } from './canvas.ts'

/** Pictures of text. They are made beside the mixer's clock: undefined until one is there. */
export type Cards = {
  /** A name, at the foot of a tile. */
  label(text: string, tile: FrameSize): Overlay | undefined
  /** The initials of a name, in the middle of a tile without a picture. */
  initials(name: string, tile: FrameSize): Overlay | undefined
  /** The lower third. */
  banner(text: string, programme: FrameSize): Overlay | undefined
}
