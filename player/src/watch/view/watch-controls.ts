import { byId } from '../../common/by-id.ts'
import { setText } from '../../common/set-text.ts'
import type { Autoplay } from '../autoplay/autoplay.ts'
import { keyAction } from './key-action.ts'

const quietMs = 3000

/** Buttons and keys of the watch page. */
export class WatchControls {
  readonly #video = byId('video', HTMLVideoElement)
  readonly #frame = byId('player', HTMLElement)
  readonly #play = byId('play', HTMLButtonElement)
  readonly #bigPlay = byId('big-play', HTMLButtonElement)
  readonly #mute = byId('mute', HTMLButtonElement)
  readonly #soundOn = byId('sound-on', HTMLButtonElement)
  readonly #live = byId('go-to-live', HTMLButtonElement)
  readonly #fullscreen = byId('fullscreen', HTMLButtonElement)
  readonly #autoplay: Autoplay
  readonly #onLive: () => void

  constructor(autoplay: Autoplay, onLive: () => void) {
    this.#autoplay = autoplay
    this.#onLive = onLive
    this.#play.addEventListener('click', () => this.#togglePlay())
    this.#video.addEventListener('click', () => this.#togglePlay())
    this.#bigPlay.addEventListener('click', () => this.#autoplay.play())
    this.#mute.addEventListener('click', () => this.#toggleMute())
    this.#soundOn.addEventListener('click', () => this.#toggleMute())
    this.#live.addEventListener('click', () => this.#goLive())
    this.#fullscreen.addEventListener('click', () => this.#toggleFullscreen())
    for (const event of ['play', 'pause', 'volumechange']) {
      this.#video.addEventListener(event, () => this.#render())
    }
    document.addEventListener('fullscreenchange', () => this.#render())
    document.addEventListener('keydown', (event) => this.#onKey(event))
    this.#hideWhenQuiet()
    this.#render()
  }

  /** Offers the way back to live, or not. */
  offerLive(behind: boolean): void {
    this.#live.hidden = !behind
  }

  /** Shows one large "Play" on the picture, or not. */
  offerPlay(offered: boolean): void {
    this.#bigPlay.hidden = !offered
  }

  #togglePlay(): void {
    if (this.#video.paused) this.#autoplay.play()
    else this.#autoplay.pause()
  }

  #toggleMute(): void {
    this.#autoplay.setMuted(!this.#video.muted)
  }

  #goLive(): void {
    this.#onLive()
    if (this.#video.paused) this.#togglePlay()
  }

  #toggleFullscreen(): void {
    const failed = (error: unknown): void => console.info('No fullscreen', error)
    const video = this.#video
    if (document.fullscreenElement) document.exitFullscreen().catch(failed)
    else if (document.fullscreenEnabled) this.#frame.requestFullscreen().catch(failed)
    // iPhones know fullscreen for video elements only, under a name of their own.
    else if ('webkitEnterFullscreen' in video && typeof video.webkitEnterFullscreen === 'function') {
      video.webkitEnterFullscreen()
    }
  }

  #onKey(event: KeyboardEvent): void {
    const { key, ctrlKey, metaKey, altKey, target } = event
    const onControl = target instanceof Element && target.closest('button, a, input, select') !== null
    const action = keyAction({ key, ctrlKey, metaKey, altKey, onControl })
    if (action === null || event.repeat) return
    event.preventDefault()
    if (action === 'playPause') this.#togglePlay()
    else if (action === 'mute') this.#toggleMute()
    else if (action === 'fullscreen') this.#toggleFullscreen()
    else this.#goLive()
  }

  #render(): void {
    setText(this.#play, this.#video.paused ? 'Play' : 'Pause')
    setText(this.#mute, this.#video.muted ? 'Unmute' : 'Mute')
    this.#soundOn.hidden = !this.#video.muted
    setText(this.#fullscreen, document.fullscreenElement ? 'Exit fullscreen' : 'Fullscreen')
  }

  /** In fullscreen the bar disappears (by style) while the pointer rests. */
  #hideWhenQuiet(): void {
    let timer: ReturnType<typeof setTimeout> | undefined
    const wake = (): void => {
      this.#frame.dataset.quiet = 'false'
      clearTimeout(timer)
      timer = setTimeout(() => {
        this.#frame.dataset.quiet = 'true'
      }, quietMs)
    }
    for (const event of ['pointermove', 'pointerdown', 'keydown', 'focusin'])
      this.#frame.addEventListener(event, wake)
    wake()
  }
}
