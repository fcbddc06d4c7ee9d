import type { Layout, Tile } from '../layout.ts'

/** What the programme shows and lets hear, as plain data: it goes from the stage to the mixer's thread. */
export type Scene = {
  /** In the order in which they are placed. */
  tiles: readonly (Tile & { label: string })[]
  layout: Layout
  /** By input id: 1 as it comes, 0 not heard. Inputs that are not named are not heard. */
  gains: Readonly<Record<string, number>>
  /** Lower third; empty: none. */
  banner: string
}

export const emptyScene: Scene = {
  tiles: [],
  layout: { mode: 'auto', main: null, free: [] },
  gains: {},
  banner: '',
}
