import type { Playback, PlaybackOptions } from './playback.ts'
import { isTooBad, type RealtimeSample } from './realtime-health.ts'
import { iceServersOf, withGatewayExtensions } from './whep-offer.ts'

/** The longest wait for real time before HLS begins. */
const connectWithinMs = 4_000
/** A connection that broke may mend itself by this. */
const mendWithinMs = 2_000
const lookEveryMs = 1_000
const keptSamples = 15
/** From 1900, where NTP begins, to 1970. */
const ntpToUnixMs = 2_208_988_800_000

/** Why real time can't be had here, for the person; `retry`: it is worth another try. */
type Refusal = { retry: true } | { retry: false; text: string }

/** Whether this browser can play by WebRTC at all. */
export function canPlayByWhep(): boolean {
  return 'RTCPeerConnection' in window
}

/** Plays by WHEP, straight from the gateway's SFU. */
export function playByWhep({ video, url, token, failed, unable }: PlaybackOptions): Playback {
  const connection = new RTCPeerConnection()
  const closing = new AbortController()
  const media = new MediaStream()
  let sessionUrl: string | null = null
  /** When the picture on show was taken, as of a moment of this page's clock. */
  let taken: { dateMs: number; atMs: number } | null = null
  let samples: RealtimeSample[] = []
  let mending: ReturnType<typeof setTimeout> | undefined

  const giveUp = (refusal: Refusal, reason: string): void => {
    if (closing.signal.aborted) return
    if (refusal.retry) failed(reason)
    else unable(refusal.text)
  }
  const blocked = (): void =>
    giveUp(
      { retry: false, text: 'Real time does not get through from here, so this plays with a delay.' },
      '',
    )
  const connecting = setTimeout(blocked, connectWithinMs)

  for (const kind of ['audio', 'video']) {
    const { receiver } = connection.addTransceiver(kind, { direction: 'recvonly' })
    // As little as the network's unevenness allows.
    if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = 0
  }
  connection.addEventListener('track', ({ track }) => media.addTrack(track))
  connection.addEventListener('connectionstatechange', () => {
    const { connectionState: state } = connection
    if (state === 'connected') clearTimeout(connecting)
    clearTimeout(mending)
    if (state === 'disconnected')
      mending = setTimeout(() => giveUp({ retry: true }, 'disconnected'), mendWithinMs)
    // Before it was ever connected, the time above decides.
    if (state === 'failed' || state === 'closed') giveUp({ retry: true }, state)
  })

  const connect = async (): Promise<void> => {
    const offer = await connection.createOffer()
    const sdp = mayAsk() ? withGatewayExtensions(offer.sdp ?? '') : (offer.sdp ?? '')
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/sdp', ...token.headers },
      body: sdp,
      signal: closing.signal,
    })
    if (response.status !== 201) {
      giveUp(refusalOf(response.status), `the gateway answered ${response.status}`)
      return
    }
    sessionUrl = new URL(response.headers.get('location') ?? '', response.url).href
    const answer = await response.text()
    connection.setConfiguration({ iceServers: iceServersOf(response.headers.get('link')) })
    await connection.setLocalDescription({ type: 'offer', sdp })
    await connection.setRemoteDescription({ type: 'answer', sdp: answer })
  }
  connect().catch((error: unknown) => {
    if (closing.signal.aborted) return
    console.warn('Real time cannot be begun', error)
    giveUp(
      { retry: false, text: 'This browser cannot play in real time here, so this plays with a delay.' },
      '',
    )
  })

  const look = async (): Promise<void> => {
    const report = await connection.getStats()
    for (const stats of report.values()) {
      if (stats.type !== 'inbound-rtp' || stats.kind !== 'video') continue
      const {
        estimatedPlayoutTimestamp: ntpMs,
        packetsReceived = 0,
        packetsLost = 0,
        totalFreezesDuration = 0,
      } = stats
      if (typeof ntpMs === 'number' && ntpMs > 0)
        taken = { dateMs: ntpMs - ntpToUnixMs, atMs: stats.timestamp }
      samples = [
        ...samples.slice(1 - keptSamples),
        { atMs: stats.timestamp, packetsReceived, packetsLost, freezeSeconds: totalFreezesDuration },
      ]
    }
    if (isTooBad(samples))
      giveUp(
        { retry: false, text: 'The network loses too much for real time, so this plays with a delay.' },
        '',
      )
  }
  const looking = setInterval(() => {
    look().catch((error: unknown) => console.debug('No statistics', error))
  }, lookEveryMs)

  video.srcObject = media

  return {
    playingDateMs: () => (taken === null ? null : taken.dateMs + Date.now() - taken.atMs),
    // The picture is where it can be.
    gapSeconds: () => null,
    newerSeconds: () => null,
    goLive: () => undefined,
    destroy: () => {
      closing.abort()
      for (const timer of [connecting, mending]) clearTimeout(timer)
      clearInterval(looking)
      connection.close()
      video.srcObject = null
      // Also when the page goes away: the gateway frees the viewer's place at once.
      if (sessionUrl === null) return
      fetch(sessionUrl, { method: 'DELETE', keepalive: true, headers: token.headers }).catch(
        (error: unknown) => console.debug('The session could not be ended', error),
      )
    },
  }
}

/** Chromium lets an offer choose the numbers of header extensions; others always use their own. */
function mayAsk(): boolean {
  return /Chrom(e|ium)\//.test(navigator.userAgent)
}

function refusalOf(status: number): Refusal {
  switch (status) {
    case 409:
      // The publisher is about to come, or to come back.
      return { retry: true }
    case 406:
      return {
        retry: false,
        text: 'This browser cannot decode the live picture or sound as it is, so this plays with a delay.',
      }
    case 429:
    case 503:
      return {
        retry: false,
        text: 'Too many people watch in real time at the moment, so this plays with a delay.',
      }
    default:
      return { retry: false, text: 'Real time is not offered here, so this plays with a delay.' }
  }
}
