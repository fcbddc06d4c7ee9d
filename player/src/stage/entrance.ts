import { byId } from '../common/by-id.ts'
import { setText } from '../common/set-text.ts'
import { showLevel } from '../publish/view/level-meter.ts'

export type EntranceAnswer = {
  name: string
  password: string
  camera: MediaStreamTrack | null
  microphone: MediaStreamTrack | null
}

const nameKey = 'sluice-name'

/** The form before the room: a name, and a look at camera and microphone. */
export class Entrance {
  readonly #form = byId('entrance', HTMLFormElement)
  readonly #name = byId('name', HTMLInputElement)
  readonly #password = byId('password', HTMLInputElement)
  readonly #passwordField = byId('password-field', HTMLElement)
  readonly #preview = byId('preview', HTMLVideoElement)
  readonly #note = byId('preview-note', HTMLElement)
  readonly #problem = byId('entrance-problem', HTMLElement)
  readonly #join = byId('join', HTMLButtonElement)
  readonly #meter = byId('level', HTMLMeterElement)
  readonly #useCamera = byId('use-camera', HTMLInputElement)
  readonly #useMicrophone = byId('use-microphone', HTMLInputElement)
  readonly #noise = byId('noise-suppression', HTMLInputElement)
  readonly #echo = byId('echo-cancellation', HTMLInputElement)
  #media: MediaStream | null = null
  #stopLevel: (() => void) | null = null
  #opening = 0

  /** @param onJoin rejects when the room does not let the person in: its message is shown. */
  constructor(onJoin: (answer: EntranceAnswer) => Promise<void>) {
    this.#name.value = localStorage.getItem(nameKey) ?? ''
    for (const input of [this.#useCamera, this.#useMicrophone, this.#noise, this.#echo]) {
      input.addEventListener('change', () => void this.#open())
    }
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault()
      this.#submit(onJoin).catch((error: unknown) => console.error('Joining failed', error))
    })
    void this.#open()
  }

  /** The room asks for a password. */
  askPassword(): void {
    this.#passwordField.hidden = false
    this.#password.focus()
  }

  hide(): void {
    this.#form.hidden = true
    this.#stopLevel?.()
    this.#preview.srcObject = null
  }

  async #submit(onJoin: (answer: EntranceAnswer) => Promise<void>): Promise<void> {
    const name = this.#name.value.trim()
    localStorage.setItem(nameKey, name)
    this.#join.disabled = true
    setText(this.#problem, 'Connecting…')
    try {
      await onJoin({
        name,
        password: this.#password.value,
        camera: this.#media?.getVideoTracks()[0] ?? null,
        microphone: this.#media?.getAudioTracks()[0] ?? null,
      })
      setText(this.#problem, '')
    } catch (error) {
      setText(this.#problem, error instanceof Error ? error.message : String(error))
    } finally {
      this.#join.disabled = false
    }
  }

  async #open(): Promise<void> {
    this.#opening += 1
    const turn = this.#opening
    this.#close()
    const video = this.#useCamera.checked && {
      width: { ideal: 1280 },
      height: { ideal: 720 },
      frameRate: { ideal: 30 },
    }
    const audio = this.#useMicrophone.checked && {
      noiseSuppression: this.#noise.checked,
      echoCancellation: this.#echo.checked,
      autoGainControl: true,
    }
    if (!video && !audio) {
      setText(this.#note, 'You join without camera and microphone.')
      return
    }
    setText(this.#note, 'Opening camera and microphone…')
    try {
      const media = await navigator.mediaDevices.getUserMedia({ video, audio })
      if (turn !== this.#opening) {
        for (const track of media.getTracks()) track.stop()
        return
      }
      this.#media = media
      this.#preview.srcObject = media
      setText(this.#note, video ? '' : 'Your camera is off.')
      const [track] = media.getAudioTracks()
      if (track) this.#stopLevel = showLevel(this.#meter, track)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      setText(this.#note, `Camera or microphone can not be opened: ${why}. You can join without them.`)
    }
  }

  #close(): void {
    this.#stopLevel?.()
    this.#stopLevel = null
    this.#preview.srcObject = null
    for (const track of this.#media?.getTracks() ?? []) track.stop()
    this.#media = null
  }
}
