import type { Epoch } from '../../../src/feed/epoch.ts'
import type { Fragment } from '../../../src/feed/fragment.ts'
import { makeEpoch, makeSamples } from '../../support/make-media.ts'

export { makeEpoch }

/** 2026-01-01T00:00:00Z: media time 0 of every epoch made here. */
export const startMs = Date.UTC(2026, 0, 1)

/** What moof and mdat need for one track, and for each of its samples. */
const overhead = { track: 104, sample: 4 }

/**
 * Fragments from a drawing: each character is one of 0.2 s, `K` with a keyframe, `-` without, `.` is 0.2 s that are
 * missing, blanks mean nothing.
 */
export function drawn(drawing: string, epoch: Epoch = makeEpoch('e'), seconds = 0.2): Fragment[] {
  const fragments: Fragment[] = []
  for (const [index, mark] of [...drawing.replaceAll(' ', '')].entries()) {
    if (mark !== '.')
      fragments.push(
        makeFragment({
          epoch,
          number: fragments.length,
          startSeconds: index * seconds,
          durationSeconds: seconds,
          keyframe: mark === 'K',
        }),
      )
  }
  return fragments
}

/**
 * A fragment of video at 30 frames a second, the same in all renditions, or of audio where the epoch has no video.
 * @param part.fileBytes length of its moof + mdat, 1000 unless told otherwise.
 */
export function makeFragment(
  part: Partial<Fragment> & { epoch: Epoch; startSeconds: number; fileBytes?: number; frames?: number },
): Fragment {
  const { fileBytes = 1000, frames, ...given } = part
  const durationSeconds = part.durationSeconds ?? 0.2
  const capturedAtMs = startMs + part.startSeconds * 1000
  const keyframe = part.keyframe ?? false
  const hasVideo = part.epoch.renditions.length > 0
  const count = Math.max(1, hasVideo ? (frames ?? Math.round(durationSeconds * 30)) : 1)
  const dataBytes = Math.max(0, fileBytes - overhead.track - overhead.sample * count)
  const rest = Buffer.alloc(dataBytes, part.startSeconds)
  const data = [rest, ...Array.from({ length: count - 1 }, () => Buffer.alloc(0))]
  const timescale = hasVideo ? 90_000 : 48_000
  const samples = makeSamples(data, {
    decodeTime: Math.round(part.startSeconds * timescale),
    duration: Math.round((durationSeconds / count) * timescale),
  })
  return {
    number: 0,
    durationSeconds,
    keyframe,
    audio: hasVideo ? [] : samples,
    video: part.epoch.renditions.map(() => samples),
    capturedAtMs,
    arrivedAtMs: capturedAtMs + 300,
    ...given,
  }
}
