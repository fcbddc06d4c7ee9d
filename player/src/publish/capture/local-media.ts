import { Serial } from '../../common/serial.ts'
import { AudioMixer } from './audio-mixer.ts'
import { captureDevices, captureScreen } from './capture.ts'
import { cameraConstraints, screenVideoConstraints } from './constraints.ts'
import type { Device } from './media-problem.ts'
import type { Settings } from './settings.ts'

/** The tracks to send, at most one of each kind. */
export type OutgoingTracks = { video: MediaStreamTrack | null; audio: MediaStreamTrack | null }

type Watcher = {
  changed: () => void
  /** null: the device is all right again. */
  problem: (device: Device, text: string | null) => void
}

/**
 * Camera, microphone and screen of this computer: opens what the settings want, closes what they do not want
 * any more, and says which tracks are to be sent. A shared screen takes the camera's place.
 */
export class LocalMedia {
  readonly #watcher: Watcher
  readonly #serial = new Serial()
  readonly #mixer = new AudioMixer()
  #settings: Settings
  #camera: MediaStreamTrack | null = null
  #microphone: MediaStreamTrack | null = null
  #screen: MediaStreamTrack | null = null
  #screenAudio: MediaStreamTrack | null = null
  #microphoneMuted = false
  #videoHidden = false

  constructor(settings: Settings, watcher: Watcher) {
    this.#settings = settings
    this.#watcher = watcher
  }

  get outgoing(): OutgoingTracks {
    const tracks = [this.#microphone, this.#screenAudio].filter((track) => track !== null)
    return { video: this.#screen ?? this.#camera, audio: this.#mixer.mix(tracks) }
  }

  get camera(): MediaStreamTrack | null {
    return this.#camera
  }

  get microphone(): MediaStreamTrack | null {
    return this.#microphone
  }

  get sharingScreen(): boolean {
    return this.#screen !== null
  }

  get microphoneMuted(): boolean {
    return this.#microphoneMuted
  }

  get videoHidden(): boolean {
    return this.#videoHidden
  }

  /** Opens and closes devices until they are as the settings want them. */
  apply(settings: Settings): Promise<void> {
    return this.#serial.run(async () => {
      const before = this.#settings
      this.#settings = settings
      if (before.cameraId !== settings.cameraId) this.#camera = this.#drop(this.#camera)
      if (before.microphoneId !== settings.microphoneId) this.#microphone = this.#drop(this.#microphone)
      await this.#reconcile()
      if (before.resolution !== settings.resolution) await this.#resize()
    })
  }

  /** Asks for a screen and sends it instead of the camera. Must be called from a click. */
  shareScreen(): Promise<void> {
    // Not queued before the question: browsers forget the click when something else is awaited first.
    const asked = captureScreen(this.#settings)
    return this.#serial.run(async () => {
      const { video, audio } = await asked
      this.#watcher.problem('screen', video.problem)
      if (!video.track) return
      this.#dropScreen()
      this.#screen = video.track
      this.#screenAudio = audio
      video.track.addEventListener('ended', () => void this.stopScreen())
      audio?.addEventListener('ended', () => {
        if (this.#screenAudio !== audio) return
        this.#screenAudio = null
        this.#watcher.changed()
      })
      await this.#reconcile()
    })
  }

  /** Goes back to the camera. */
  stopScreen(): Promise<void> {
    return this.#serial.run(async () => {
      this.#dropScreen()
      await this.#reconcile()
    })
  }

  /** Silence instead of the microphone; sound keeps flowing, so that no output has to wait for it. */
  muteMicrophone(muted: boolean): void {
    this.#microphoneMuted = muted
    this.#applySwitches()
    this.#watcher.changed()
  }

  /** A black picture instead of camera or screen. */
  hideVideo(hidden: boolean): void {
    this.#videoHidden = hidden
    this.#applySwitches()
    this.#watcher.changed()
  }

  async #reconcile(): Promise<void> {
    const wantCamera = this.#settings.camera && !this.#screen
    const wantMicrophone = this.#settings.microphone
    if (!wantCamera) this.#camera = this.#drop(this.#camera)
    if (!wantMicrophone) this.#microphone = this.#drop(this.#microphone)
    const missing = { camera: wantCamera && !this.#camera, microphone: wantMicrophone && !this.#microphone }
    const captured = await captureDevices(missing, this.#settings)
    if (missing.camera) this.#camera = this.#watchEnd('camera', captured.camera.track)
    if (missing.microphone) this.#microphone = this.#watchEnd('microphone', captured.microphone.track)
    if (missing.camera || !wantCamera) this.#watcher.problem('camera', captured.camera.problem)
    if (missing.microphone || !wantMicrophone)
      this.#watcher.problem('microphone', captured.microphone.problem)
    this.#applySwitches()
    this.#watcher.changed()
  }

  async #resize(): Promise<void> {
    const { cameraId, resolution } = this.#settings
    try {
      await this.#camera?.applyConstraints(cameraConstraints(cameraId, resolution))
      await this.#screen?.applyConstraints(screenVideoConstraints(resolution))
    } catch (error) {
      console.warn('The picture size cannot be changed', error)
      this.#watcher.problem('camera', 'The camera cannot change to this picture size. Choose another one.')
    }
  }

  #watchEnd(device: 'camera' | 'microphone', track: MediaStreamTrack | null): MediaStreamTrack | null {
    track?.addEventListener('ended', () => {
      if (device === 'camera' && this.#camera === track) this.#camera = null
      else if (device === 'microphone' && this.#microphone === track) this.#microphone = null
      else return
      this.#watcher.problem(device, `The ${device} was disconnected. Plug it in again or choose another one.`)
      this.#watcher.changed()
    })
    return track
  }

  #applySwitches(): void {
    if (this.#microphone) this.#microphone.enabled = !this.#microphoneMuted
    for (const track of [this.#camera, this.#screen]) if (track) track.enabled = !this.#videoHidden
  }

  #dropScreen(): void {
    this.#screen = this.#drop(this.#screen)
    this.#screenAudio = this.#drop(this.#screenAudio)
  }

  #drop(track: MediaStreamTrack | null): null {
    track?.stop()
    return null
  }
}
