import { byId } from '../../common/by-id.ts'
import { setText } from '../../common/set-text.ts'
import { showLevel } from './level-meter.ts'

/** The microphone's level and the words beside it. */
export class MicrophoneView {
  readonly #meter = byId('level', HTMLMeterElement)
  readonly #note = byId('level-note', HTMLElement)
  #track: MediaStreamTrack | null = null
  #stop: (() => void) | null = null

  show(track: MediaStreamTrack | null, muted: boolean): void {
    setText(this.#note, track === null ? 'No microphone' : muted ? 'Microphone muted' : 'Microphone')
    this.#meter.dataset.off = String(track === null || muted)
    if (track === this.#track) return
    this.#stop?.()
    this.#track = track
    this.#stop = track ? showLevel(this.#meter, track) : null
  }
}
