/** In pixels. */
export type FrameSize = { width: number; height: number }

/** Bits per second that look like the configured ones at another size. */
export function encodedBitrateBps(size: FrameSize, configured: FrameSize & { bitrateBps: number }): number {
  return Math.round(configured.bitrateBps * Math.max(1, pixels(size) / pixels(configured)))
}

export function pixels({ width, height }: FrameSize): number {
  return width * height
}
