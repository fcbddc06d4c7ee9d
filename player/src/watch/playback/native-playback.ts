import type { Playback, PlaybackOptions } from './playback.ts'

/** Apple's players stay about three segments behind the edge by themselves; nearer makes them stall. */
const behindEdgeSeconds = 6

/** The date of media time 0, which only Safari tells. */
function startDateMs(video: HTMLVideoElement): number | null {
  if (!('getStartDate' in video) || typeof video.getStartDate !== 'function') return null
  const date: unknown = video.getStartDate()
  return date instanceof Date && !Number.isNaN(date.getTime()) ? date.getTime() : null
}

/** Plays by the browser's own HLS. */
export function playNatively({ video, url, failed }: PlaybackOptions): Playback {
  const onError = (): void => failed(video.error?.message || 'the player failed')
  const edge = (): number | null => {
    const ranges = video.seekable
    return ranges.length > 0 ? ranges.end(ranges.length - 1) : null
  }
  const newerSeconds = (): number | null => {
    const end = edge()
    return end === null ? null : end - video.currentTime
  }
  video.addEventListener('error', onError)
  video.src = url

  return {
    playingDateMs: () => {
      const start = startDateMs(video)
      return start === null ? null : start + video.currentTime * 1000
    },
    gapSeconds: () => {
      const newer = newerSeconds()
      return newer === null ? null : newer - behindEdgeSeconds
    },
    newerSeconds,
    goLive: () => {
      const end = edge()
      if (end !== null) video.currentTime = Math.max(0, end - behindEdgeSeconds)
    },
    destroy: () => {
      video.removeEventListener('error', onError)
      video.removeAttribute('src')
      video.load()
    },
  }
}
