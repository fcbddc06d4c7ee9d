/**
 * Longest time between keyframes, in seconds. YouTube, Facebook and Twitch ask for 2 s, and for 4 s at the worst; it is
 * also how long somebody who joins waits for a picture.
 */
export const maxKeyframeSeconds = 2

/** Seconds between keyframes: segments begin with one, so it goes into their length without a rest. */
export function keyframeSecondsOf(segmentSeconds: number): number {
  return segmentSeconds / Math.ceil(segmentSeconds / maxKeyframeSeconds)
}
