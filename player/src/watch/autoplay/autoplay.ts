import { autoplayStep, settledMs } from './autoplay-step.ts'
import { startPlaying } from './start-playing.ts'

/** What the person can do about a video that does not play, or plays without sound; null: nothing is needed. */
export type AutoplayNotice = 'pressPlay' | 'pausedByBrowser' | 'mutedByBrowser' | null

/**
 * Starts the video, and keeps it playing as long as the person wants it to play: browsers start, mute, unmute and
 * pause video by rules of their own.
 */
export class Autoplay {
  readonly #video: HTMLVideoElement
  #active = false
  #starting = false
  #pausedByPerson = false
  #mutedByPage = false
  #offersPlay = false
  /** For how long the picture has moved since `begin`, now and when the video was last started. */
  #movedMs = 0
  #movedAtStartMs = 0
  #restarts = 0

  constructor(video: HTMLVideoElement) {
    this.#video = video
    for (const event of ['pause', 'volumechange']) video.addEventListener(event, () => this.#follow())
    video.addEventListener('playing', () => {
      this.#offersPlay = false
    })
    document.addEventListener('visibilitychange', () => this.#onVisible())
    // Keys of a headset or a keyboard, and the browser's own media menu.
    if ('mediaSession' in navigator) {
      navigator.mediaSession.setActionHandler('play', () => this.play())
      navigator.mediaSession.setActionHandler('pause', () => this.pause())
    }
  }

  get notice(): AutoplayNotice {
    if (this.#offersPlay) return this.#movedMs > 0 ? 'pausedByBrowser' : 'pressPlay'
    return this.#mutedByPage && this.#video.muted ? 'mutedByBrowser' : null
  }

  /** A source was attached. */
  begin(): void {
    this.#active = true
    this.#movedMs = 0
    this.#restarts = 0
    if (!this.#pausedByPerson) this.#start()
  }

  /** The source is about to be taken away: what the video says from now on means nothing. */
  end(): void {
    this.#active = false
    this.#offersPlay = false
  }

  /** To be called a few times a second, with how long the picture has moved since `begin`. */
  look(movedMs: number): void {
    this.#movedMs = movedMs
    this.#follow()
  }

  /** The person wants it to play. */
  play(): void {
    this.#pausedByPerson = false
    this.#restarts = 0
    this.#start()
  }

  /** The person wants it to pause. */
  pause(): void {
    this.#pausedByPerson = true
    this.#offersPlay = false
    this.#video.pause()
  }

  /** The person wants sound, or none. */
  setMuted(muted: boolean): void {
    this.#mutedByPage = false
    this.#video.muted = muted
  }

  #follow(): void {
    // The end of a stream pauses, too.
    if (!this.#active || this.#video.ended) return
    const { paused, muted } = this.#video
    // The controls of the system's own player are the person's: it covers the page's.
    if (isInSystemPlayer(this.#video)) {
      this.#pausedByPerson = paused
      if (!muted) this.#mutedByPage = false
      return
    }
    const personActive = navigator.userActivation?.isActive ?? false
    if (!muted && personActive) this.#mutedByPage = false
    const movedMs = this.#movedMs - this.#movedAtStartMs
    if (movedMs >= settledMs) this.#restarts = 0
    const step = autoplayStep({
      paused,
      muted,
      pausedByPerson: this.#pausedByPerson,
      mutedByPage: this.#mutedByPage,
      hidden: document.hidden,
      personActive,
      movedMs,
      restarts: this.#restarts,
    })
    if (step === 'mute') this.#video.muted = true
    if (this.#starting) return
    if (step === 'offerPlay') this.#offersPlay = true
    if (step !== 'restart') return
    this.#restarts += 1
    this.#start()
  }

  #start(): void {
    this.#starting = true
    this.#movedAtStartMs = this.#movedMs
    if (this.#mutedByPage) this.#video.muted = true
    startPlaying(this.#video)
      .then((outcome) => {
        if (outcome === 'muted') this.#mutedByPage = true
        this.#offersPlay = outcome === 'blocked'
      })
      .catch((error: unknown) => console.error('The video cannot be started', error))
      .finally(() => {
        this.#starting = false
      })
  }

  #onVisible(): void {
    if (document.hidden || !this.#active || this.#pausedByPerson || !this.#video.paused) return
    this.#restarts = 0
    this.#start()
  }
}

/** Picture in picture, or the fullscreen player of iPhones. */
function isInSystemPlayer(video: HTMLVideoElement): boolean {
  if (document.pictureInPictureElement === video) return true
  return 'webkitDisplayingFullscreen' in video && video.webkitDisplayingFullscreen === true
}
