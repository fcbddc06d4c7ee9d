import { formatBitrate, formatHeight } from './format.ts'

export type Quality = {
  width: number | null
  height: number | null
  framesPerSecond: number | null
  bitrateBps: number | null
}

/** `720p · 30 fps · 2.1 Mbit/s`, leaving out what is not known; empty when nothing is. */
export function qualityText(quality: Quality): string {
  const parts: string[] = []
  if (quality.width && quality.height) parts.push(formatHeight(quality.width, quality.height))
  if (quality.framesPerSecond) parts.push(`${Math.round(quality.framesPerSecond)} fps`)
  if (quality.bitrateBps) parts.push(formatBitrate(quality.bitrateBps))
  return parts.join(' · ')
}
