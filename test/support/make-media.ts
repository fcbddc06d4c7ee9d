import { type Epoch, newEpoch, singleRendition } from '../../src/feed/epoch.ts'
import type { Sample } from '../../src/mp4/sample.ts'
import type { AudioTrack, VideoTrack } from '../../src/mp4/track.ts'
import { box } from '../unit/mp4/make-box.ts'

/** A track that no decoder could read; two of the same size are decoded alike. */
export function makeVideoTrack(part: Partial<VideoTrack> = {}): VideoTrack {
  const [width, height] = [part.width ?? 1280, part.height ?? 720]
  const decoderConfig = Buffer.from(`avcC of ${width}x${height}`)
  const sampleEntry = box('avc1', decoderConfig)
  return { timescale: 90_000, codec: 'avc1.42e01f', decoderConfig, sampleEntry, width, height, ...part }
}

export function makeAudioTrack(part: Partial<AudioTrack> = {}): AudioTrack {
  const decoderConfig = Buffer.from([0x11, 0x90])
  const sampleEntry = box('mp4a', decoderConfig)
  const facts = { codec: 'mp4a.40.2', channels: 2, sampleRateHz: 48_000 }
  return { timescale: 48_000, decoderConfig, sampleEntry, ...facts, ...part }
}

/** An epoch with both tracks, unless told otherwise. */
export function makeEpoch(id: string, tracks: { video?: boolean; audio?: boolean } = {}): Epoch {
  const video = tracks.video === false ? null : makeVideoTrack()
  return { ...singleRendition(video, tracks.audio === false ? null : makeAudioTrack()), id }
}

/** An epoch of several renditions, `v0` the largest. */
export function makeRenditions(id: string, count: number, audio = true): Epoch {
  const renditions = Array.from({ length: count }, (_, index) => ({
    id: `v${index}`,
    video: makeVideoTrack({ width: 1280 >> index, height: 720 >> index }),
  }))
  return { ...newEpoch({ audio: audio ? makeAudioTrack() : null, renditions }), id }
}

/** Samples one behind the other, the first one sync or not. */
export function makeSamples(
  data: readonly Buffer[],
  {
    decodeTime = 0,
    duration = 3000,
    sync = false,
  }: { decodeTime?: number; duration?: number; sync?: boolean } = {},
): Sample[] {
  return data.map((bytes, index) => ({
    data: bytes,
    decodeTime: decodeTime + index * duration,
    duration,
    compositionOffset: 0,
    sync: sync && index === 0,
  }))
}
