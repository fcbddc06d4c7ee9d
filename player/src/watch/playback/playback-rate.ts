export type RateFacts = {
  /** Seconds behind the newest media. */
  latency: number
  /** Seconds behind it where playback aims to be. */
  target: number
  /** Least seconds of media that were loaded ahead of the picture in the last time: how much the arrivals vary. */
  leastAhead: number
  /** The rate so far. */
  rate: number
}

/** Too little to be heard. */
const gentle = 1.05
const quick = 1.1
/** Seconds; quick beyond this. */
const far = 0.4
/** Catching up begins above the first and goes on down to the second, so that the rate does not flutter. */
const begin = 0.1
const enough = 0.02
/**
 * Seconds of reserve that may not be used up for being nearer: more than a part. Where media comes unevenly, the
 * picture stays further back instead of stalling again and again.
 */
const reserve = 0.35

/**
 * How fast to play to come back to where playback aims to be. hls.js has the same, but stops as soon as less than a
 * second is loaded ahead, which is more than the whole distance that parts of 0.2 s allow.
 */
export function playbackRate({ latency, target, leastAhead, rate }: RateFacts): number {
  const behind = latency - target
  if (leastAhead < reserve || behind <= (rate > 1 ? enough : begin)) return 1
  return behind > far ? quick : gentle
}
