/**
 * Starts the video: with sound where the browser allows it, else without, and says which.
 * 'blocked' means that only the person can start it.
 */
export async function startPlaying(video: HTMLVideoElement): Promise<'playing' | 'muted' | 'blocked'> {
  for (const outcome of [video.muted ? 'muted' : 'playing', 'muted'] as const) {
    if (outcome === 'muted') video.muted = true
    try {
      await video.play()
      return outcome
    } catch (error) {
      // AbortError: the source changed meanwhile, and the code that changed it starts it again.
      if (!(error instanceof DOMException) || error.name !== 'NotAllowedError') {
        console.debug('The start was interrupted', error)
        return outcome
      }
    }
  }
  return 'blocked'
}
