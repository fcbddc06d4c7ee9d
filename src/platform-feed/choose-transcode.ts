import { type FrameSize, pixels } from '../encoder/frame-size.ts'
import type { TranscodeSnapshot } from './transcode-snapshot.ts'

/** Platforms take 4 s at the worst. The rest is for a request that took a round trip, and for a frame. */
export const longestKeyframeSeconds = 4.2

export type TranscodeFacts = {
  /** What is published at this moment; null: no picture. */
  video: FrameSize | null
  audio: boolean
  /** Size of the pictures that targets were sent so far; null before the first. */
  sentSize: FrameSize | null
  /** Typical distance of the keyframes; null while it is not known. */
  keyframeSeconds: number | null
  /** Why the video is encoded already; null: it is not. */
  encodedBecause: string | null
}

export type TranscodeChoice = TranscodeSnapshot & { encodedBecause: string | null }

/**
 * What is done to a stream for platforms that ask for sound, a picture of constant size, and frequent keyframes.
 * An encode costs 0.2 of a core (`npm run bench -- encode`), and each change a new connection: once encoded, a broadcast stays so to its end.
 */
export function chooseTranscode(facts: TranscodeFacts): TranscodeChoice {
  const { video, audio, sentSize } = facts
  const encodedBecause = whyEncoded(facts)
  const missing = [
    ...(audio ? [] : ['Silence is added, because the stream has no sound.']),
    ...(video ? [] : ['A dark picture is added, because the stream has none.']),
  ]
  if (encodedBecause !== null) {
    const reasons = [`The picture is encoded again, because ${encodedBecause}.`, ...missing]
    return { mode: 'encode', reasons, encodedBecause }
  }
  if (video && !sentSize && facts.keyframeSeconds === null) {
    return { mode: 'undecided', reasons: ['It waits for the second keyframe.'], encodedBecause }
  }
  return { mode: 'copy', reasons: missing, encodedBecause }
}

function whyEncoded({ video, sentSize, keyframeSeconds, encodedBecause }: TranscodeFacts): string | null {
  if (video && keyframeSeconds !== null && keyframeSeconds > longestKeyframeSeconds) {
    return `its keyframes come ${keyframeSeconds.toFixed(1)} s apart`
  }
  if (encodedBecause !== null) return encodedBecause
  if (video && sentSize && (video.width !== sentSize.width || video.height !== sentSize.height)) {
    return `its size changed from ${sentSize.width}×${sentSize.height} to ${video.width}×${video.height}`
  }
  return null
}

/** The size that an encode gets for the rest of the broadcast: the larger one, made even for H.264. */
export function encodedSize(video: FrameSize, sentSize: FrameSize | null): FrameSize {
  const larger = sentSize && pixels(sentSize) >= pixels(video) ? sentSize : video
  return { width: larger.width & ~1, height: larger.height & ~1 }
}
