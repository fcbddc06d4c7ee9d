/**
 * Longest time between keyframes, in seconds. YouTube, Facebook and Twitch ask for 2 s, and for 4 s at the worst; it is
 * also how long a viewer who joins waits for the first frame.
 */
export const maxKeyframeSeconds = 2

/** Seconds between keyframes: segments begin with one, so it goes into their length without a rest. */
export function keyframeSecondsOf(segmentSeconds: number): number {
  return segmentSeconds / Math.ceil(segmentSeconds / maxKeyframeSeconds)
}
