/**
 * Starts the video: with sound where the browser allows it, else muted.
 * @returns 'muted' when the browser refused sound; 'blocked' when only the person can start the video; 'aborted' when
 * a new source came meanwhile
 */
export async function startPlaying(
  video: HTMLVideoElement,
): Promise<'playing' | 'muted' | 'blocked' | 'aborted'> {
  const outcome = await tryToPlay(video)
  if (outcome !== 'blocked' || video.muted) return outcome
  video.muted = true
  const muted = await tryToPlay(video)
  return muted === 'playing' ? 'muted' : muted
}

async function tryToPlay(video: HTMLVideoElement): Promise<'playing' | 'blocked' | 'aborted'> {
  try {
    await video.play()
    return 'playing'
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotAllowedError') return 'blocked'
    // AbortError: the source changed, and its successor is started by itself.
    console.debug('The start was interrupted', error)
    return 'aborted'
  }
}
