import type { StreamSnapshot } from '../../../../src/streams/stream-snapshot.ts'

/** One line of the list of outputs; `mood` colours it. */
export type OutputLine = { name: string; text: string; mood: 'good' | 'busy' | 'bad' | 'off' }

/** What viewers get of a stream. */
export function hlsLine(stream: StreamSnapshot): OutputLine {
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
