export type FatalKind = 'network' | 'media' | 'other'

const memoryMs = 20_000

/**
 * What to do about an error that hls.js gives up on: help it once, then build a new player.
 * @param earlierMs when errors of the same kind happened before
 */
export function fatalStep(
  kind: FatalKind,
  earlierMs: readonly number[],
  nowMs: number,
): 'startLoad' | 'recoverMedia' | 'rebuild' {
  const recent = earlierMs.filter((atMs) => nowMs - atMs < memoryMs).length
  if (recent > 0 || kind === 'other') return 'rebuild'
  return kind === 'network' ? 'startLoad' : 'recoverMedia'
}
