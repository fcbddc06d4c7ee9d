import { setTimeout as delay } from 'node:timers/promises'

/** As often as a player looks at a playlist with segments of 2 s. */
const everyMs = 2_000

/**
 * Reads a stream as a player does: the playlist every 2 s and each new segment once, without decoding it.
 * @returns the undo.
 */
export function watchStream(gatewayUrl: string, stream: string): () => Promise<void> {
  const stop = new AbortController()
  const watching = watch(`${gatewayUrl}/hls/${stream}/v0.m3u8`, stop.signal)
  return async () => {
    stop.abort()
    await watching
  }
}

async function watch(playlistUrl: string, signal: AbortSignal): Promise<void> {
  const fetched = new Set<string>()
  while (!signal.aborted) {
    try {
      const playlist = await fetch(playlistUrl, { signal })
      const text = await playlist.text()
      const uris = playlist.ok ? [...text.matchAll(/^[^#\s].*$/gm)].map(([uri]) => uri) : []
      // The ones before were there before this viewer.
      for (const uri of uris.slice(-3)) {
        if (fetched.has(uri)) continue
        fetched.add(uri)
        await (await fetch(new URL(uri, playlistUrl), { signal })).arrayBuffer()
      }
      await delay(everyMs, undefined, { signal })
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
}
