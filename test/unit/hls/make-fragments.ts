import type { Epoch, Fragment } from '../../../src/feed/fragment.ts'

/** 2026-01-01T00:00:00Z: media time 0 of every epoch made here. */
export const startMs = Date.UTC(2026, 0, 1)

export function makeEpoch(id: string, tracks: { video?: boolean; audio?: boolean } = {}): Epoch {
  const video = { trackId: 1, timescale: 90_000, codec: 'avc1.42e01f', width: 1280, height: 720 }
  const audio = { trackId: 2, timescale: 48_000, codec: 'mp4a.40.2', channels: 2, sampleRateHz: 48_000 }
  return {
    id,
    init: Buffer.from(`init of ${id}`),
    video: tracks.video === false ? null : video,
    audio: tracks.audio === false ? null : audio,
  }
}

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

export function makeFragment(part: Partial<Fragment> & { epoch: Epoch; startSeconds: number }): Fragment {
  const durationSeconds = part.durationSeconds ?? 0.2
  const capturedAtMs = startMs + part.startSeconds * 1000
  return {
    number: 0,
    bytes: Buffer.alloc(1000, part.startSeconds),
    durationSeconds,
    keyframe: false,
    videoFrames: part.epoch.video ? Math.round(durationSeconds * 30) : 0,
    capturedAtMs,
    arrivedAtMs: capturedAtMs + 300,
    ...part,
  }
}
