import { byId } from '../../common/by-id.ts'
import { create } from '../../common/create.ts'
import { formatBitrate } from '../../common/format.ts'
import { setText } from '../../common/set-text.ts'
import type { LocalMedia } from '../capture/local-media.ts'
import { bitratesBps, isResolutionName, resolutions } from '../capture/presets.ts'
import type { Settings } from '../capture/settings.ts'
import { renderDeviceMenu } from './device-menu.ts'
import { noDevice } from './device-options.ts'

/** Menus and switches of camera, microphone, screen, picture size and bitrate. */
export class Controls {
  readonly #camera = byId('camera', HTMLSelectElement)
  readonly #microphone = byId('microphone', HTMLSelectElement)
  readonly #resolution = byId('resolution', HTMLSelectElement)
  readonly #bitrate = byId('bitrate', HTMLSelectElement)
  readonly #mute = byId('mute-microphone', HTMLButtonElement)
  readonly #hide = byId('hide-video', HTMLButtonElement)
  readonly #screen = byId('share-screen', HTMLButtonElement)
  readonly #media: LocalMedia

  constructor(settings: Settings, media: LocalMedia, onChange: (settings: Settings) => void) {
    this.#media = media
    this.#fillMenus(settings)
    const changed = (): void => onChange(this.#read(settings))
    for (const menu of [this.#camera, this.#microphone, this.#resolution, this.#bitrate])
      menu.addEventListener('change', changed)
    this.#mute.addEventListener('click', () => media.muteMicrophone(!media.microphoneMuted))
    this.#hide.addEventListener('click', () => media.hideVideo(!media.videoHidden))
    this.#screen.addEventListener('click', () => {
      const done = media.sharingScreen ? media.stopScreen() : media.shareScreen()
      done.catch((error: unknown) => console.error('The picture cannot be switched', error))
    })
    // Phones have no screen sharing; a button that can only fail is worse than none.
    this.#screen.hidden = !navigator.mediaDevices || !('getDisplayMedia' in navigator.mediaDevices)
  }

  /** Shows the devices that exist and what is in use. */
  render(settings: Settings, devices: readonly MediaDeviceInfo[]): void {
    const { camera, microphone, microphoneMuted, videoHidden, sharingScreen } = this.#media
    const inUse = (track: MediaStreamTrack | null, wanted: string): string =>
      track?.getSettings().deviceId ?? wanted
    renderDeviceMenu(this.#camera, devices, 'videoinput', {
      wanted: settings.camera,
      deviceId: inUse(camera, settings.cameraId),
    })
    renderDeviceMenu(this.#microphone, devices, 'audioinput', {
      wanted: settings.microphone,
      deviceId: inUse(microphone, settings.microphoneId),
    })
    this.#mute.disabled = microphone === null
    this.#mute.setAttribute('aria-pressed', String(microphoneMuted))
    setText(this.#mute, microphoneMuted ? 'Unmute microphone' : 'Mute microphone')
    this.#hide.disabled = camera === null && !sharingScreen
    this.#hide.setAttribute('aria-pressed', String(videoHidden))
    setText(this.#hide, videoHidden ? 'Show video' : 'Hide video')
    this.#screen.setAttribute('aria-pressed', String(sharingScreen))
    setText(this.#screen, sharingScreen ? 'Stop sharing' : 'Share screen')
  }

  #fillMenus(settings: Settings): void {
    const option = (value: string, label: string): HTMLOptionElement => {
      const element = create('option', '', label)
      element.value = value
      return element
    }
    this.#resolution.append(...Object.keys(resolutions).map((name) => option(name, name)))
    this.#bitrate.append(
      option('', 'Automatic'),
      ...bitratesBps.map((bps) => option(String(bps), formatBitrate(bps))),
    )
    this.#resolution.value = settings.resolution
    this.#bitrate.value = settings.bitrateBps === null ? '' : String(settings.bitrateBps)
  }

  #read(before: Settings): Settings {
    const camera = this.#camera.value
    const microphone = this.#microphone.value
    const resolution = this.#resolution.value
    return {
      camera: camera !== noDevice,
      cameraId: camera === noDevice ? before.cameraId : camera,
      microphone: microphone !== noDevice,
      microphoneId: microphone === noDevice ? before.microphoneId : microphone,
      resolution: isResolutionName(resolution) ? resolution : before.resolution,
      bitrateBps: this.#bitrate.value === '' ? null : Number(this.#bitrate.value),
    }
  }
}
