/** Tells how long the picture has stood still although it should move, and counts how often it stalled. */
export class StallWatch {
  readonly #video: HTMLVideoElement
  #stalls = 0
  #started = false
  #lastTime = 0
  #movedMs = Date.now()

  constructor(video: HTMLVideoElement) {
    this.#video = video
    video.addEventListener('playing', () => {
      this.#started = true
    })
    video.addEventListener('waiting', () => {
      // A jump waits for its new place too; that is no stall.
      if (this.#started && !video.seeking) this.#stalls += 1
    })
  }

  /** 'waiting' events after the first 'playing' of each source, jumps excepted. */
  get stalls(): number {
    return this.#stalls
  }

  /** A new source begins: its own loading is no stall. */
  reset(): void {
    this.#started = false
    this.#movedMs = Date.now()
  }

  /** To be called a few times a second. */
  stalledMs(): number {
    const { currentTime, paused, ended } = this.#video
    if (currentTime !== this.#lastTime || paused || ended) {
      this.#lastTime = currentTime
      this.#movedMs = Date.now()
    }
    return Date.now() - this.#movedMs
  }
}
