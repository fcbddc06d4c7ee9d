export type ResolutionName = '360p' | '540p' | '720p' | '1080p'

export type Resolution = { width: number; height: number; bitrateBps: number }

/**
 * Picture sizes with the bitrate that suits them: what H.264 from a browser's real-time encoder needs for faces
 * and moderate motion.
 */
export const resolutions: Record<ResolutionName, Resolution> = {
  '360p': { width: 640, height: 360, bitrateBps: 800_000 },
  '540p': { width: 960, height: 540, bitrateBps: 1_500_000 },
  '720p': { width: 1280, height: 720, bitrateBps: 2_500_000 },
  '1080p': { width: 1920, height: 1080, bitrateBps: 4_500_000 },
}

/** Bitrates on offer besides the automatic one. */
export const bitratesBps = [500_000, 800_000, 1_500_000, 2_500_000, 4_000_000, 6_000_000, 8_000_000]

/** Sound and RTP overhead that fit under the server's limit beside the picture. */
const besidesVideoBps = 250_000
const leastVideoBps = 100_000

/**
 * The bitrate that the video encoder may use.
 * @param chosenBps the person's choice; null = what suits the picture size
 * @param limitBps the server's limit for the whole connection; null while unknown
 */
export function videoBitrateBps(
  resolution: ResolutionName,
  chosenBps: number | null,
  limitBps: number | null,
): number {
  const wanted = chosenBps ?? resolutions[resolution].bitrateBps
  if (limitBps === null) return wanted
  return Math.max(leastVideoBps, Math.min(wanted, limitBps - besidesVideoBps))
}

/** Whether a text names one of the picture sizes. */
export function isResolutionName(text: unknown): text is ResolutionName {
  return typeof text === 'string' && Object.hasOwn(resolutions, text)
}
