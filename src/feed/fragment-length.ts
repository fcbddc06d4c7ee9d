/**
 * Seconds after which ffmpeg ends a fragment with the frame that comes next. A little under the wanted length, so that
 * timestamps which are off by some milliseconds don't make the 6 frames of 30 a second into 7. With 0.2 s it is 0.195:
 * above 0.192, where nine AAC frames would end the fragment before the picture does.
 */
export function fragmentSecondsOf(partSeconds: number): number {
  return Math.round(partSeconds * 975) / 1000
}
