import type { Sample } from '../mp4/sample.ts'
import type { PieceTimes } from './timeline.ts'

/** Samples of both tracks from one movie fragment, and the units per second of their times. */
export type Media = {
  video: readonly Sample[]
  audio: readonly Sample[]
  videoTimescale: number
  audioTimescale: number
}

/** One video frame with the audio that plays until it ends, or one audio frame alone. */
export type FrameMedia = Pick<Media, 'video' | 'audio'> & { times: PieceTimes }

/**
 * Takes a movie fragment apart into its frames: ffmpeg writes several at once, because each write wakes two processes,
 * but a fragment of the feed may end with any of them. Audio goes to the video frame during which it begins, what comes
 * later to the last one.
 * @returns none when there is no sample.
 */
export function splitFrames(media: Media): FrameMedia[] {
  const { video, audio, videoTimescale, audioTimescale } = media
  if (video.length === 0) return audio.map((sample) => frameOf(media, [], [sample]))
  let from = 0
  return video.map((frame, index) => {
    const endSeconds = (frame.decodeTime + frame.duration) / videoTimescale
    const last = index === video.length - 1
    const later = audio.findIndex(
      ({ decodeTime }, place) => place >= from && decodeTime / audioTimescale >= endSeconds,
    )
    const to = last || later < 0 ? audio.length : later
    const own = audio.slice(from, to)
    from = to
    return frameOf(media, [frame], own)
  })
}

function frameOf(media: Media, video: readonly Sample[], audio: readonly Sample[]): FrameMedia {
  const videoSpan = spanOf(video, media.videoTimescale)
  const audioSpan = spanOf(audio, media.audioTimescale)
  const { startSeconds = 0, endSeconds = 0 } = videoSpan ?? audioSpan ?? {}
  return {
    video,
    audio,
    times: {
      startSeconds,
      durationSeconds: endSeconds - startSeconds,
      videoFrames: video.length,
      audioEndSeconds: audioSpan?.endSeconds ?? null,
    },
  }
}

function spanOf(samples: readonly Sample[], timescale: number) {
  const [first, last] = [samples[0], samples.at(-1)]
  if (!first || !last) return null
  return {
    startSeconds: first.decodeTime / timescale,
    endSeconds: (last.decodeTime + last.duration) / timescale,
  }
}
