import type { StreamSnapshot, TargetSnapshot } from '../../../src/streams/snapshot.ts'
import { formatBitrate, secondsUntil } from '../common/format.ts'

/** One line of the list of outputs; `mood` colours it. */
export type OutputLine = { name: string; text: string; mood: 'good' | 'busy' | 'bad' | 'off' }

/** What each output of a stream is doing, the viewers' one first. */
export function outputLines(stream: StreamSnapshot, nowMs: number): OutputLine[] {
  return [hlsLine(stream), ...stream.targets.map((target) => targetLine(target, nowMs))]
}

function hlsLine(stream: StreamSnapshot): OutputLine {
  const name = 'Watch page'
  const packager = stream.packager
  if (packager?.state === 'retrying') {
    const why = packager.lastError ? `: ${packager.lastError}` : ''
    return { name, text: `interrupted, starting again${why}`, mood: 'bad' }
  }
  if (!stream.hls?.playable) return { name, text: 'getting ready…', mood: 'busy' }
  if (stream.state === 'interrupted') return { name, text: 'playable, waiting for media', mood: 'busy' }
  const how = packager?.video === 'transcode' ? 'playable (converted to H.264)' : 'playable'
  return { name, text: how, mood: 'good' }
}

/** A restream target: "retrying in 4 s: connection refused". */
export function targetLine(target: TargetSnapshot, nowMs: number): OutputLine {
  const name = target.name
  switch (target.state) {
    case 'waiting':
      return { name, text: 'waiting for media', mood: 'busy' }
    case 'connecting':
      return { name, text: `connecting to ${target.destination}…`, mood: 'busy' }
    case 'live':
      return { name, text: `live, ${formatBitrate(target.bitrateBps)}`, mood: 'good' }
    case 'stalled':
      return { name, text: 'the server takes no data', mood: 'bad' }
    case 'refused':
    case 'retrying': {
      const why = target.lastError ? `: ${target.lastError}` : ''
      const atMs = Date.parse(target.nextTryAt ?? '')
      const when = Number.isNaN(atMs) ? 'retrying' : `retrying in ${secondsUntil(atMs, nowMs)} s`
      return { name, text: `${when}${why}`, mood: 'bad' }
    }
    case 'stopped':
      return { name, text: target.lastError ? `stopped: ${target.lastError}` : 'stopped', mood: 'off' }
  }
}
