import { messageOf } from '../../../src/errors.ts'
import type { StreamSnapshot } from '../../../src/streams/stream-snapshot.ts'
import { byId } from '../common/by-id.ts'
import { ServerClock } from '../common/server-clock.ts'
import { setText } from '../common/set-text.ts'
import { streamNameFromPath } from '../common/stream-name.ts'
import { LocalMedia } from './capture/local-media.ts'
import { explainInsecure } from './capture/media-problem.ts'
import { videoBitrateBps } from './capture/presets.ts'
import { loadSettings, saveSettings } from './capture/settings-store.ts'
import { codecFromQuery } from './connection/choose-codec.ts'
import { PublishKey } from './connection/publish-key.ts'
import { Publisher } from './connection/publisher.ts'
import { isRunning } from './connection/publisher-state.ts'
import { ResumeToken } from './connection/resume-token.ts'
import { TargetsView } from './targets/targets-view.ts'
import { Controls } from './view/controls.ts'
import { FiguresView } from './view/figures-view.ts'
import { KeyView } from './view/key-view.ts'
import { MicrophoneView } from './view/microphone-view.ts'
import { OutputsView } from './view/outputs-view.ts'
import { previewNote } from './view/preview-note.ts'
import { PreviewView } from './view/preview-view.ts'
import { ProblemsView } from './view/problems-view.ts'
import { ScreenWakeLock } from './view/screen-wake-lock.ts'
import { showShareLinks } from './view/share-view.ts'

/*
 * The publish page. `?codec=vp8|h264|vp9` forces the video codec (for tests and for odd encoders); without it
 * H.264 is sent when both sides have it, else VP8. `data-state` of the root element says what the page is doing:
 * idle | connecting | live | reconnecting | error.
 */

const stream = streamNameFromPath(location.pathname)
if (stream === null) location.replace('/')
else startPage(stream)

function startPage(stream: string): void {
  let settings = loadSettings()
  let devices: MediaDeviceInfo[] = []
  let snapshot: StreamSnapshot | null = null
  let opening = false

  const clock = new ServerClock()
  const wakeLock = new ScreenWakeLock()
  const preview = new PreviewView(stream)
  const microphone = new MicrophoneView()
  const figures = new FiguresView()
  const outputs = new OutputsView()
  const problems = new ProblemsView(() => void openMedia())
  showShareLinks(stream)
  const key = new PublishKey(stream, sessionStorage)
  const keyView = new KeyView(key)
  new TargetsView(stream, clock, key)

  const publisher = new Publisher({
    url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws/publish/${stream}`,
    key,
    token: new ResumeToken(stream, localStorage),
    forcedCodec: codecFromQuery(location.search),
    videoBitrateBps: (limitBps) => videoBitrateBps(settings.resolution, settings.bitrateBps, limitBps),
    watcher: {
      state: () => render(),
      refused: () => keyView.ask(),
      stream: (latest) => {
        snapshot = latest
        render()
      },
    },
  })
  const media = new LocalMedia(settings, {
    changed: onMediaChanged,
    problem: (device, text) => problems.set(device, text),
  })
  const controls = new Controls(settings, media, (chosen) => {
    settings = chosen
    saveSettings(settings)
    publisher.updateBitrate()
    void openMedia()
  })

  function render(): void {
    const running = isRunning(publisher.state)
    // While reconnecting, the page does not hear what the outputs do: better nothing than old news.
    if (publisher.state.phase !== 'live') snapshot = null
    preview.render(publisher.state, snapshot)
    outputs.update(snapshot)
    wakeLock.set(running)
  }

  function onMediaChanged(): void {
    const outgoing = media.outgoing
    const { audio, video } = outgoing
    const hidden = media.videoHidden
    preview.showTrack(video, previewNote({ video: video !== null, audio: audio !== null, hidden }))
    microphone.show(media.microphone, media.microphoneMuted)
    controls.render(settings, devices)
    if (!audio && !video && isRunning(publisher.state))
      publisher.fail('Stopped: there is nothing left to send.')
    else publisher.setOutgoing(outgoing)
  }

  async function listDevices(): Promise<void> {
    devices = await navigator.mediaDevices.enumerateDevices()
    controls.render(settings, devices)
  }

  async function openMedia(): Promise<void> {
    try {
      await media.apply(settings)
      // Again after opening: only then do browsers tell the names of the devices.
      await listDevices()
    } catch (error) {
      console.error('Camera and microphone cannot be opened', error)
      problems.set('page', `Camera and microphone cannot be opened: ${messageOf(error)}`)
    }
  }

  async function onMainButton(): Promise<void> {
    if (isRunning(publisher.state)) {
      publisher.stop()
      return
    }
    if (opening) return
    opening = true
    await openMedia()
    opening = false
    const { audio, video } = media.outgoing
    if (audio || video) publisher.start({ audio, video })
    else publisher.fail('Choose a camera, a microphone or a screen first.')
  }

  byId('go-live', HTMLButtonElement).addEventListener('click', () => void onMainButton())
  window.addEventListener('beforeunload', (event) => {
    if (isRunning(publisher.state)) event.preventDefault()
  })
  // No stop when the page goes away: a reload or a closed tab by mistake must not end the show. The gateway keeps it
  // for a while; the Stop button ends it.

  setInterval(() => {
    render()
    publisher.stats().then(
      (report) => figures.update(report),
      (error: unknown) => console.debug('No statistics', error),
    )
  }, 1000)

  setText(byId('stream-title', HTMLElement), stream)
  controls.render(settings, devices)
  microphone.show(null, false)
  render()
  const insecure = explainInsecure({ isSecureContext, host: location.host })
  if (insecure !== null) {
    problems.set('page', insecure)
    preview.showTrack(null, 'No camera and no microphone')
    byId('go-live', HTMLButtonElement).disabled = true
    return
  }
  navigator.mediaDevices.addEventListener('devicechange', () => void openMedia())
  void openMedia()
}
