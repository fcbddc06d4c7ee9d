import { backoffMs } from '../../../src/backoff.ts'
import type { StreamSnapshot } from '../../../src/streams/stream-snapshot.ts'
import { byId } from '../common/by-id.ts'
import { poll } from '../common/poll.ts'
import { qualityText } from '../common/quality-text.ts'
import { ServerClock } from '../common/server-clock.ts'
import { setText } from '../common/set-text.ts'
import { StreamApi } from '../common/stream-api.ts'
import { streamNameFromPath } from '../common/stream-name.ts'
import { PlayToken } from './play-token.ts'
import { Player } from './player.ts'
import { isBehind, latencySeconds, liveBadgeText } from './view/latency.ts'
import { firstLatencyMode, parseLatencyMode, saveLatencyMode } from './view/latency-mode.ts'
import { WatchControls } from './view/watch-controls.ts'
import { autoplayText, watchText } from './view/watch-text.ts'

/*
 * The watch page. For tests and embedding the root element carries `data-state` (waiting | loading | playing |
 * reconnecting | ended), `data-mode` (realtime | lowest | smoothest), `data-latency-seconds` (empty while unknown), `data-moving`
 * (true while pictures move) and `data-stalls`.
 */

const waitingPollMs = 2000
const playingPollMs = 3000
/** A publisher is connected, and the first picture may come at any moment. */
const startingPollMs = 700
const tickMs = 250
/** Spreads the viewers' questions, and lets the server's clock be read at many fractions of a second. */
const pollJitter = 0.2
const unreachableRule = { firstMs: 2000, maxMs: 10_000, jitter: 0.3 }

const name = streamNameFromPath(location.pathname)
if (name === null) location.replace('/')
else startPage(name)

function startPage(name: string): void {
  const video = byId('video', HTMLVideoElement)
  const message = byId('message', HTMLElement)
  const overlay = byId('overlay', HTMLElement)
  const badge = byId('latency', HTMLElement)
  const quality = byId('quality', HTMLElement)
  const clock = new ServerClock()
  const token = new PlayToken(name, sessionStorage)
  const api = new StreamApi(clock, token)
  const player = new Player(video, name, token, firstLatencyMode(location.search), () => clock.now())
  const controls = new WatchControls(player.autoplay, () => player.playback?.goLive())
  const mode = byId('latency-mode', HTMLSelectElement)
  const lowest = byId('mode-lowest', HTMLOptionElement)
  const smoothest = byId('mode-smoothest', HTMLOptionElement)
  const note = byId('mode-note', HTMLElement)
  let failures = 0

  mode.addEventListener('change', () => {
    saveLatencyMode(parseLatencyMode(mode.value))
    player.setMode(parseLatencyMode(mode.value))
  })

  document.title = `${name} · Sluice`
  setText(byId('stream-title', HTMLElement), name)

  function render(): void {
    const { state, playback, snapshot } = player
    const { notice } = player.autoplay
    const offersPlay = playback !== null && (notice === 'pressPlay' || notice === 'pausedByBrowser')
    const text = offersPlay ? autoplayText(notice) : watchText(state, player.facts)
    setText(message, text)
    overlay.hidden = text === ''
    overlay.dataset.offersPlay = String(offersPlay)
    controls.offerPlay(offersPlay)

    const on = playback !== null && (state === 'playing' || state === 'reconnecting')
    const latency = on ? latencySeconds(playback.playingDateMs(), clock.now()) : null
    const picture = player.moving ? 'moving' : video.paused ? 'paused' : 'still'
    badge.dataset.on = String(state === 'playing' && picture === 'moving')
    setText(badge, liveBadgeText(state, picture, latency))
    controls.offerLive(on && isBehind(playback.gapSeconds()))

    const feed = on ? snapshot?.feed : null
    // Without parts there is one way to play HLS only.
    const parts = snapshot?.hls?.partTargetSeconds != null
    lowest.hidden = lowest.disabled = !parts
    setText(smoothest, parts ? 'Smoothest' : 'With a delay')
    const shown = player.mode === 'lowest' && !parts ? 'smoothest' : player.mode
    if (mode.value !== shown) mode.value = shown
    setText(note, player.note ?? (notice === 'mutedByBrowser' ? autoplayText(notice) : ''))
    const size = video.videoWidth > 0 ? { width: video.videoWidth, height: video.videoHeight } : {}
    setText(quality, feed ? qualityText({ ...feed, ...size }) : '')

    const { dataset } = document.documentElement
    dataset.state = state
    dataset.latencySeconds = latency === null ? '' : latency.toFixed(2)
    dataset.mode = player.mode
    dataset.moving = String(player.moving)
    dataset.stalls = String(player.stalls)
  }

  async function ask(): Promise<StreamSnapshot | null | 'unreachable'> {
    try {
      const stream = await api.find(name)
      failures = 0
      return stream
    } catch (error) {
      console.warn('The gateway cannot be reached', error)
      failures += 1
      return 'unreachable'
    }
  }

  poll(
    async () => {
      player.onStream(await ask())
      render()
      if (failures > 0) return backoffMs(unreachableRule, failures, Math.random())
      const starting = player.snapshot !== null && player.snapshot.state !== 'idle'
      const fullMs = player.playback ? playingPollMs : starting ? startingPollMs : waitingPollMs
      return fullMs * (1 - pollJitter * Math.random())
    },
    { pauseWhenHidden: false },
  )
  setInterval(() => {
    player.tick()
    render()
  }, tickMs)
  render()
}
