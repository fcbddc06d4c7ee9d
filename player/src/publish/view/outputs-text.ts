import type { StreamSnapshot } from '../../../../src/streams/stream-snapshot.ts'

/** How an output is doing; the list shows it as a colour. */
export type OutputHealth = 'good' | 'busy' | 'bad' | 'off'

/** One line of the list of outputs. */
export type OutputLine = { name: string; text: string; health: OutputHealth }

/** What viewers get of a stream. */
export function hlsLine(stream: StreamSnapshot): OutputLine {
  const name = 'Watch page'
  const packager = stream.packager
  if (packager?.state === 'retrying') {
    const why = packager.lastError ? `: ${packager.lastError}` : ''
    return { name, text: `interrupted, starting again${why}`, health: 'bad' }
  }
  if (!stream.hls?.playable) return { name, text: 'getting ready…', health: 'busy' }
  if (stream.state === 'interrupted') return { name, text: 'playable, waiting for media', health: 'busy' }
  const how = packager?.video === 'transcode' ? 'playable (converted to H.264)' : 'playable'
  return { name, text: how, health: 'good' }
}
