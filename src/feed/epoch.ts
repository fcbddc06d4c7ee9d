import { randomBytes } from 'node:crypto'
import { type AudioTrack, sameTrack, type VideoTrack } from '../mp4/track.ts'

/** One video quality of a stream. All renditions of an epoch share its timeline and its audio. */
export type Rendition = {
  /** Names it in URLs, the same in every epoch of a stream: `v0` is the best, then `v1` … */
  id: string
  video: VideoTrack
}

/** A span of media that decodes without a break: one packager run. */
export type Epoch = {
  /** Random, safe in a URL, never used twice: names built from it can be cached for ever. */
  id: string
  audio: AudioTrack | null
  /** Best first; none when there is only audio. */
  renditions: readonly Rendition[]
}

/** Id of the best rendition, and of the only one. */
export const bestRenditionId = 'v0'

/** An epoch under a new id. */
export function newEpoch({ audio, renditions }: Omit<Epoch, 'id'>): Epoch {
  return { id: randomBytes(16).toString('base64url'), audio, renditions }
}

/** An epoch of at most one video track. */
export function singleRendition(video: VideoTrack | null, audio: AudioTrack | null): Epoch {
  return newEpoch({ audio, renditions: video ? [{ id: bestRenditionId, video }] : [] })
}

/** Video of the best rendition. */
export function bestVideo(epoch: Epoch): VideoTrack | null {
  return epoch.renditions[0]?.video ?? null
}

/** Whether samples of one may follow samples of the other without a new initialisation segment. */
export function decodesAlike(one: Epoch, other: Epoch): boolean {
  const audioAlike = one.audio && other.audio ? sameTrack(one.audio, other.audio) : one.audio === other.audio
  return (
    audioAlike &&
    one.renditions.length === other.renditions.length &&
    one.renditions.every(({ id, video }, index) => {
      const counterpart = other.renditions[index]
      return counterpart?.id === id && sameTrack(video, counterpart.video)
    })
  )
}
