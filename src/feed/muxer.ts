import { trackIds, writeInit } from '../mp4/write-init.ts'
import { type TrackRun, writeMovieFragment } from '../mp4/write-movie-fragment.ts'
import type { Epoch } from './epoch.ts'
import type { Fragment } from './fragment.ts'

/** Writes the audio and one rendition of an epoch as bytes for one reader. */
export type Muxer = {
  /** What comes first. */
  readonly header: Buffer
  /** A fragment of the epoch, in order. */
  mux(fragment: Fragment): Buffer
}

/**
 * Fragmented MP4 (CMAF): the header is the initialisation segment, each fragment is one moof + mdat.
 * @param rendition its place in `epoch.renditions`; 0, the best, also stands for audio alone.
 */
export function mp4Muxer({ renditions, audio }: Epoch, rendition = 0): Muxer {
  return {
    header: writeInit(renditions[rendition]?.video ?? null, audio),
    mux: (fragment) => muxMp4(fragment, rendition),
  }
}

/** One fragment as moof + mdat, see `mp4Muxer`. */
export function muxMp4({ number, audio, video }: Fragment, rendition: number): Buffer {
  const runs: TrackRun[] = [
    { trackId: trackIds.video, samples: video[rendition] ?? [] },
    { trackId: trackIds.audio, samples: audio },
  ]
  // The first movie fragment of a file is commonly number 1.
  return writeMovieFragment(number + 1, runs)
}
