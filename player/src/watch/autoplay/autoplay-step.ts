export type AutoplayFacts = {
  paused: boolean
  muted: boolean
  /** The person paused the video. */
  pausedByPerson: boolean
  /** The page muted the video, because the browser refused to start it with sound. */
  mutedByPage: boolean
  /** The tab is in the background, where browsers pause video to save power. */
  hidden: boolean
  /** The person pressed a key or a button a moment ago, perhaps of the browser's own menu. */
  personActive: boolean
  /** How long the picture has moved since the video was last started. */
  movedMs: number
  /** How often the page has started the video again since the picture last moved for long. */
  restarts: number
}

/**
 * leave: all is as it should be · mute: silent again · restart: muted if the browser insists · offerPlay: only the
 * person can go on, by one large button.
 */
export type AutoplayStep = 'leave' | 'mute' | 'restart' | 'offerPlay'

/** From then on a pause is no autoplay policy any more. */
export const settledMs = 5000
/** A browser that pauses each of them has made its decision. */
export const maxRestarts = 3

/**
 * What to do about a video that was paused or unmuted by something else than the page's own buttons.
 *
 * WebKit accepts `play()` of a muted video, unmutes the video by itself when its pipeline is up, and then pauses it
 * because it has sound: the page mutes it and starts it again. A video that played well before was paused by
 * a headset, a phone call or another app: sound that returns by itself would be wrong there.
 */
export function autoplayStep(facts: AutoplayFacts): AutoplayStep {
  const unmutedByBrowser = facts.mutedByPage && !facts.muted && !facts.personActive
  if (!facts.paused) return unmutedByBrowser ? 'mute' : 'leave'
  if (facts.pausedByPerson || facts.hidden) return 'leave'
  const byAutoplayRules = unmutedByBrowser || facts.movedMs < settledMs
  return byAutoplayRules && facts.restarts < maxRestarts ? 'restart' : 'offerPlay'
}
