import type { FrameSize, Rect } from '../layout.ts'

/** A picture in I420: all of Y, then U and V with half the width and height. Sizes are even. */
export type Picture = FrameSize & { bytes: Buffer }

/** Colour in limited-range YUV (BT.601): Y from 16 to 235. */
export type Colour = { y: number; u: number; v: number }

/** A picture with an alpha plane of the luma's size: text, logos. */
export type Overlay = Picture & { alpha: Buffer }

export function i420Bytes({ width, height }: FrameSize): number {
  return (width * height * 3) / 2
}

export function createPicture(size: FrameSize): Picture {
  return { ...size, bytes: Buffer.alloc(i420Bytes(size)) }
}

/** Fills a place with one colour. */
export function fill(canvas: Picture, rect: Rect, { y, u, v }: Colour): void {
  const planes = [y, u, v]
  for (const [index, plane] of planesOf(canvas).entries()) {
    const { left, top, width, height } = inPlane(rect, plane.scale)
    const value = planes[index] ?? 128
    for (let line = top; line < top + height; line += 1) {
      const at = plane.offset + line * plane.stride + left
      canvas.bytes.fill(value, at, at + width)
    }
  }
}

/**
 * Copies a picture into a place: centred, what is larger is cut off, what is smaller leaves the border as it was.
 */
export function blit(canvas: Picture, rect: Rect, picture: Picture): void {
  const width = Math.min(rect.width, picture.width)
  const height = Math.min(rect.height, picture.height)
  const to = { x: rect.x + even((rect.width - width) / 2), y: rect.y + even((rect.height - height) / 2) }
  const from = { x: even((picture.width - width) / 2), y: even((picture.height - height) / 2) }
  const sources = planesOf(picture)
  for (const [index, target] of planesOf(canvas).entries()) {
    const source = sources[index]
    if (!source) continue
    const { scale } = target
    let read = source.offset + (from.y / scale) * source.stride + from.x / scale
    let write = target.offset + (to.y / scale) * target.stride + to.x / scale
    for (let line = 0; line < height / scale; line += 1) {
      picture.bytes.copy(canvas.bytes, write, read, read + width / scale)
      read += source.stride
      write += target.stride
    }
  }
}

/** Lays a picture with transparency over the canvas; what lies outside is cut off. `x` and `y` are even. */
export function lay(canvas: Picture, x: number, y: number, overlay: Overlay): void {
  const width = Math.min(overlay.width, canvas.width - x)
  const height = Math.min(overlay.height, canvas.height - y)
  const sources = planesOf(overlay)
  for (const [index, target] of planesOf(canvas).entries()) {
    const source = sources[index]
    if (!source) continue
    const { scale } = target
    for (let line = 0; line < height / scale; line += 1) {
      const write = target.offset + (y / scale + line) * target.stride + x / scale
      const read = source.offset + line * source.stride
      const alphaAt = line * scale * overlay.width
      for (let column = 0; column < width / scale; column += 1) {
        const alpha = overlay.alpha[alphaAt + column * scale] ?? 0
        if (alpha === 0) continue
        const under = canvas.bytes[write + column] ?? 0
        const over = overlay.bytes[read + column] ?? 0
        canvas.bytes[write + column] =
          under + (((over - under) * alpha) >> 8) + (alpha === 255 && over > under ? 1 : 0)
      }
    }
  }
}

/**
 * Fades: `canvas` becomes a mix of itself and what was shown before.
 * @param share of the canvas, 0 to 1.
 */
export function fade(canvas: Picture, before: Picture, share: number): void {
  const weight = Math.round(Math.min(1, Math.max(0, share)) * 256)
  const { bytes } = canvas
  const { bytes: old } = before
  for (let at = 0; at < bytes.length; at += 1) {
    const from = old[at] ?? 0
    bytes[at] = from + ((((bytes[at] ?? 0) - from) * weight) >> 8)
  }
}

function planesOf({ width, height }: FrameSize) {
  const luma = width * height
  return [
    { offset: 0, stride: width, scale: 1 },
    { offset: luma, stride: width / 2, scale: 2 },
    { offset: (luma * 5) / 4, stride: width / 2, scale: 2 },
  ]
}

function inPlane({ x, y, width, height }: Rect, scale: number) {
  return { left: x / scale, top: y / scale, width: width / scale, height: height / scale }
}

/** Chroma has half the resolution, so places are even. */
export function even(value: number): number {
  return Math.floor(value / 2) * 2
}
