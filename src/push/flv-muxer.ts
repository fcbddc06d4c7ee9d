import { bestVideo, type Epoch } from '../feed/epoch.ts'
import type { Fragment } from '../feed/fragment.ts'
import type { Muxer } from '../feed/muxer.ts'
import type { Sample } from '../mp4/sample.ts'
import { audioConfigTag, audioTag, flvHeader, metadataTag, videoConfigTag, videoTag } from './flv-tags.ts'

/** A tag without its time, which is that of decoding, in ms of the epoch. */
type Timed = { timeMs: number; tagAt: (timeMs: number) => Buffer[] }

/**
 * FLV of the audio and the best rendition of an epoch. Times count from the first fragment on: a push that begins hours
 * into a stream begins at 0.
 */
export function flvMuxer(epoch: Epoch): Muxer {
  const video = bestVideo(epoch)
  const { audio } = epoch
  const configTags = [
    ...(video ? videoConfigTag(video.decoderConfig) : []),
    ...(audio ? audioConfigTag(audio.decoderConfig) : []),
  ]
  let startMs: number | undefined
  return {
    header: flvHeader(video !== null, audio !== null),
    mux(fragment) {
      const tags = [
        ...videoTags(fragment, video?.timescale ?? null),
        ...audioTags(fragment, audio?.timescale ?? null),
      ]
      // Sorting is stable: of the same time, the picture comes first.
      tags.sort((one, other) => one.timeMs - other.timeMs)
      const isFirst = startMs === undefined
      startMs ??= tags[0]?.timeMs ?? 0
      const start = startMs
      const first = isFirst ? [...frameRateTag(fragment, video?.timescale ?? null), ...configTags] : []
      // Sound may come from just before the first fragment: FLV has no time for it.
      const media = tags.flatMap(({ timeMs, tagAt }) => (timeMs < start ? [] : tagAt(timeMs - start)))
      return Buffer.concat([...first, ...media])
    },
  }
}

/** @param timescale null when the epoch has no such track. */
function videoTags({ video }: Fragment, timescale: number | null): Timed[] {
  if (timescale === null) return []
  return (video[0] ?? []).map(({ data, decodeTime, compositionOffset, sync: keyframe }) => {
    const timeMs = toMs(decodeTime, timescale)
    const compositionOffsetMs = toMs(decodeTime + compositionOffset, timescale) - timeMs
    return { timeMs, tagAt: (at) => videoTag({ data, keyframe, timeMs: at, compositionOffsetMs }) }
  })
}

function audioTags({ audio }: Fragment, timescale: number | null): Timed[] {
  if (timescale === null) return []
  return audio.map(({ data, decodeTime }) => ({
    timeMs: toMs(decodeTime, timescale),
    tagAt: (at) => audioTag(data, at),
  }))
}

/** Times in ms say a frame rate badly (33 ms are 30.3 fps), and ffmpeg would wait for frames to guess it. */
function frameRateTag({ video }: Fragment, timescale: number | null): Buffer[] {
  const samples: readonly Sample[] = video[0] ?? []
  const duration = samples.reduce((sum, sample) => sum + sample.duration, 0)
  if (timescale === null || duration === 0) return []
  return metadataTag(Math.round((samples.length * timescale * 100) / duration) / 100)
}

function toMs(time: number, timescale: number): number {
  return Math.round((time * 1000) / timescale)
}
