export type MotionFacts = {
  paused: boolean
  /** The time of the media has gone on since the video was last started. */
  progressed: boolean
  /** Since the time of the media went on, the player's own jumps excepted. */
  sinceProgressMs: number
  /** Since a frame was shown; null where frames are not counted: sound only, a hidden tab, an old browser. */
  sinceFrameMs: number | null
}

const stillAfterMs = 1000
/** A shared screen on which nothing happens sends about one frame a second. */
const lastFrameMs = 3000

/** Whether the viewer sees pictures that move, so that the page may say "Live". */
export function isMoving({ paused, progressed, sinceProgressMs, sinceFrameMs }: MotionFacts): boolean {
  if (paused || !progressed || sinceProgressMs >= stillAfterMs) return false
  return sinceFrameMs === null || sinceFrameMs < lastFrameMs
}
