import { isMoving } from './is-moving.ts'

/** Longer than this between two looks, the page slept: what happened in between is unknown. */
const longestLookMs = 1000

/** Tells whether the picture moves by itself, for how long it has stood still, and counts how often it stalled. */
export class MotionWatch {
  readonly #video: HTMLVideoElement
  #stalls = 0
  #started = false
  #lastTime = 0
  #lookedMs = Date.now()
  #progressMs = Date.now()
  #frameMs = Date.now()
  /** The time went on since the video was last started. */
  #progressed = false
  #movedMs = 0
  #moving = false

  constructor(video: HTMLVideoElement) {
    this.#video = video
    video.addEventListener('playing', () => {
      this.#started = true
    })
    video.addEventListener('waiting', () => {
      // A jump waits for its new place too; that is no stall.
      if (this.#started && !video.seeking) this.#stalls += 1
    })
    // The player's own jumps change the time, but move no picture.
    for (const event of ['seeking', 'seeked'])
      video.addEventListener(event, () => {
        this.#lastTime = video.currentTime
      })
    this.#watchFrames()
  }

  /** 'waiting' events after the first 'playing' of each source, jumps excepted. */
  get stalls(): number {
    return this.#stalls
  }

  /** Pictures moved at the last look. */
  get moving(): boolean {
    return this.#moving
  }

  /** For how long pictures have moved, all in all, since the last `reset`. */
  get movedMs(): number {
    return this.#movedMs
  }

  /** How long the picture had stood still at the last look, although it should move. */
  get stalledMs(): number {
    return this.#lookedMs - this.#progressMs
  }

  /** A new source begins: its own loading is no stall. */
  reset(): void {
    this.#started = false
    this.#progressed = false
    this.#movedMs = 0
    this.#moving = false
    this.#progressMs = Date.now()
  }

  /** To be called a few times a second. */
  look(): void {
    const { currentTime, paused, ended, seeking } = this.#video
    const nowMs = Date.now()
    const progressed = currentTime !== this.#lastTime && !paused && !seeking
    this.#lastTime = currentTime
    if (progressed || paused || ended) this.#progressMs = nowMs
    this.#progressed = progressed || (this.#progressed && !paused)
    const sinceLookMs = nowMs - this.#lookedMs
    this.#lookedMs = nowMs
    if (progressed && sinceLookMs <= longestLookMs) this.#movedMs += sinceLookMs
    this.#moving = isMoving({
      paused: paused || ended,
      progressed: this.#progressed,
      sinceProgressMs: nowMs - this.#progressMs,
      sinceFrameMs: this.#framesAreCounted() ? nowMs - this.#frameMs : null,
    })
  }

  #framesAreCounted(): boolean {
    if (!('requestVideoFrameCallback' in this.#video) || document.hidden) {
      this.#frameMs = Date.now()
      return false
    }
    // A stream of sound only has none.
    return this.#video.videoWidth > 0
  }

  #watchFrames(): void {
    const video = this.#video
    if (!('requestVideoFrameCallback' in video)) return
    video.requestVideoFrameCallback(() => {
      this.#frameMs = Date.now()
      this.#watchFrames()
    })
  }
}
