/** In pixels of the programme; all numbers even, because chroma has half the resolution. */
export type Rect = { x: number; y: number; width: number; height: number }

export type FrameSize = { width: number; height: number }

/** One thing that can be placed: a person's camera or screen. */
export type Tile = { id: string; kind: 'camera' | 'screen' }

/**
 * solo: the main tile alone · side-by-side: all in one row · grid: all, as large as possible · speaker: the main
 * tile, the others in a strip below · screen: a shared screen, the cameras in a strip at its side ·
 * picture-in-picture: the main tile, the next one in its corner · free: the host's own rectangles.
 */
export type LayoutMode =
  | 'solo'
  | 'side-by-side'
  | 'grid'
  | 'speaker'
  | 'screen'
  | 'picture-in-picture'
  | 'free'

export type Layout = {
  /** auto: one tile alone, a shared screen before the rest, otherwise a grid. */
  mode: LayoutMode | 'auto'
  /** Tile in the main place; null: a shared screen, else the active speaker, else the first. */
  main: string | null
  /** Only for `free`: parts of width and height, from 0 to 1. Later ones lie above earlier ones. */
  free: readonly { id: string; x: number; y: number; width: number; height: number }[]
}

/** A tile in its place. cover: its middle fills the place · contain: all of it is shown. */
export type Placed = { id: string; rect: Rect; fit: 'cover' | 'contain' }

const gap = 8
const tileAspect = 16 / 9
/** Share of the height or width that a strip of small tiles gets. */
const stripShare = 0.22
/** Share of the width, or of the height of a flat programme, that the small picture in the corner has. */
const insetShare = 0.25

/**
 * Where each tile goes. Pure. Places are in painting order.
 * @param speaker the active speaker's camera, for the main place that the host leaves open.
 */
export function placeTiles(
  tiles: readonly Tile[],
  layout: Layout,
  size: FrameSize,
  speaker: string | null = null,
): Placed[] {
  if (tiles.length === 0) return []
  const all: Rect = { x: 0, y: 0, width: size.width, height: size.height }
  if (layout.mode === 'free') return placeFree(tiles, layout, size)
  const main = mainTile(tiles, layout, speaker)
  const others = tiles.filter((tile) => tile !== main)
  const mode = layout.mode === 'auto' ? autoMode(tiles) : layout.mode
  if (mode === 'solo' || others.length === 0) return [placed(main, all)]
  if (mode === 'side-by-side') return inCells(tiles, row(all, tiles.length))
  if (mode === 'grid') return inCells(tiles, grid(all, tiles.length))
  if (mode === 'speaker') return withStrip(main, others, all, 'below')
  if (mode === 'screen') return withStrip(main, others, all, 'beside')
  const [inset] = others
  return [placed(main, all), ...(inset ? [placed(inset, corner(all))] : [])]
}

function autoMode(tiles: readonly Tile[]): LayoutMode {
  if (tiles.some(({ kind }) => kind === 'screen')) return 'screen'
  return 'grid'
}

/** The first tile exists: callers have checked. */
function mainTile(tiles: readonly Tile[], { main }: Layout, speaker: string | null): Tile {
  const byId = (id: string | null) => tiles.find((tile) => tile.id === id)
  const found = byId(main) ?? tiles.find(({ kind }) => kind === 'screen') ?? byId(speaker) ?? tiles[0]
  if (!found) throw new RangeError('a layout needs a tile')
  return found
}

function placeFree(tiles: readonly Tile[], { free }: Layout, size: FrameSize): Placed[] {
  return free.flatMap(({ id, ...part }) => {
    const tile = tiles.find((each) => each.id === id)
    if (!tile) return []
    const x = clamp(part.x) * size.width
    const y = clamp(part.y) * size.height
    const width = Math.min(clamp(part.width) * size.width, size.width - x)
    const height = Math.min(clamp(part.height) * size.height, size.height - y)
    return width >= 2 && height >= 2 ? [placed(tile, evenRect({ x, y, width, height }))] : []
  })
}

/** One row of equal tiles with their own shape, in the middle. */
function row(area: Rect, count: number): Rect[] {
  return cells(area, count, 1)
}

/** As many rows as give the largest tiles. */
function grid(area: Rect, count: number): Rect[] {
  const choices = Array.from({ length: count }, (_, index) => cells(area, count, index + 1))
  return choices.reduce((best, next) => (areaOf(next) > areaOf(best) ? next : best))
}

function areaOf([first]: readonly Rect[]): number {
  return first ? first.width * first.height : 0
}

/** `count` tiles of 16:9 in `rows` rows; a last row that is not full stands in the middle. */
function cells(area: Rect, count: number, rows: number): Rect[] {
  const columns = Math.ceil(count / rows)
  const free = {
    width: (area.width - gap * (columns + 1)) / columns,
    height: (area.height - gap * (rows + 1)) / rows,
  }
  const width = Math.max(2, Math.min(free.width, free.height * tileAspect))
  const height = Math.max(2, width / tileAspect)
  const usedHeight = rows * height + (rows - 1) * gap
  return Array.from({ length: count }, (_, index) => {
    const [line, column] = [Math.floor(index / columns), index % columns]
    const inLine = Math.min(columns, count - line * columns)
    const usedWidth = inLine * width + (inLine - 1) * gap
    return evenRect({
      x: area.x + (area.width - usedWidth) / 2 + column * (width + gap),
      y: area.y + (area.height - usedHeight) / 2 + line * (height + gap),
      width,
      height,
    })
  })
}

function withStrip(main: Tile, others: readonly Tile[], area: Rect, where: 'below' | 'beside'): Placed[] {
  const { width, height } = area
  const share = where === 'below' ? height * stripShare : width * stripShare
  const rest = where === 'below' ? { ...area, height: height - share } : { ...area, width: width - share }
  const strip =
    where === 'below'
      ? { ...area, y: area.y + height - share, height: share }
      : { ...area, x: area.x + width - share, width: share }
  const rows = where === 'below' ? 1 : others.length
  return [placed(main, evenRect(rest)), ...inCells(others, cells(strip, others.length, rows))]
}

function corner(area: Rect): Rect {
  const width = Math.min(area.width, area.height * tileAspect) * insetShare
  const height = width / tileAspect
  const margin = gap * 3
  const x = area.x + area.width - width - margin
  return evenRect({ x, y: area.y + area.height - height - margin, width, height })
}

function inCells(tiles: readonly Tile[], rects: readonly Rect[]): Placed[] {
  return tiles.flatMap((tile, index) => {
    const rect = rects[index]
    return rect ? [placed(tile, rect)] : []
  })
}

function placed({ id, kind }: Tile, rect: Rect): Placed {
  return { id, rect, fit: kind === 'screen' ? 'contain' : 'cover' }
}

/** Rounded inwards, so that neighbours never overlap. */
function evenRect({ x, y, width, height }: Rect): Rect {
  const left = Math.ceil(x / 2) * 2
  const top = Math.ceil(y / 2) * 2
  return {
    x: left,
    y: top,
    width: Math.max(2, Math.floor((x + width - left) / 2) * 2),
    height: Math.max(2, Math.floor((y + height - top) / 2) * 2),
  }
}

function clamp(part: number): number {
  return Math.min(1, Math.max(0, Number.isFinite(part) ? part : 0))
}
