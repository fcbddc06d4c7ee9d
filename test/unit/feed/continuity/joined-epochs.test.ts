import { expect, test } from 'vitest'
import { JoinedEpochs } from '../../../../src/feed/continuity/joined-epochs.ts'
import type { Fragment } from '../../../../src/feed/fragment.ts'
import { epochFragments, fileOf } from '../../../support/epoch-fragments.ts'
import { probePackets } from '../../../support/packets.ts'
import { ffmpegBytes } from '../../mp4/ffmpeg-bytes.ts'

/** One run of a packager whose first sample was captured at that time. */
function run(atMs: number, options: Parameters<typeof ffmpegBytes>[0] = { seconds: 2 }): Fragment[] {
  return epochFragments(ffmpegBytes(options)).map((fragment) => ({
    ...fragment,
    capturedAtMs: atMs + fragment.startSeconds * 1000,
  }))
}

function joined(...runs: readonly Fragment[][]): Fragment[] {
  const epochs = new JoinedEpochs()
  return runs.flat().map((fragment, number) => ({ ...epochs.join(fragment), number }))
}

test.each([
  { name: 'after a pause goes on after the pause', atMs: 5_000, begins: 5 },
  { name: 'that overlaps goes on soon after the end', atMs: 500, begins: 2.5 },
  { name: 'whose clock was set back goes on soon after the end', atMs: -99_000, begins: 2.5 },
])('a second run $name, in the same epoch', async ({ atMs, begins }) => {
  const fragments = joined(run(0), run(atMs))
  expect(new Set(fragments.map(({ epoch }) => epoch.id)).size).toBe(1)
  const { packets } = await probePackets(fileOf(fragments))
  for (const kind of ['video', 'audio'] as const) {
    const times = packets.filter((packet) => packet.kind === kind).map(({ seconds }) => seconds)
    expect(times).toEqual([...times].sort((a, b) => a - b))
    // The second half begins with the second run, both tracks together.
    expect(times.find((seconds) => seconds > begins - 0.03)).toBeCloseTo(begins, 1)
    expect(times.at(-1)).toBeCloseTo(begins + 2, 1)
  }
  const starts = fragments.map(({ startSeconds }) => startSeconds)
  expect(starts.find((seconds) => seconds > begins - 0.01)).toBeCloseTo(begins, 2)
})

test('a third run counts on from the second', () => {
  const fragments = joined(run(0), run(10_000), run(20_000))
  expect(new Set(fragments.map(({ epoch }) => epoch)).size).toBe(1)
  expect(fragments.findLast(({ keyframe }) => keyframe)?.startSeconds).toBeCloseTo(20, 2)
})

test('a run that decodes differently is an epoch of its own, at its own time', () => {
  const other = run(5_000, { seconds: 2, extra: ['-s', '160x90'] })
  const fragments = joined(run(0), other)
  expect(new Set(fragments.map(({ epoch }) => epoch)).size).toBe(2)
  expect(fragments.at(-1)).toMatchObject({ epoch: other[0]?.epoch, video: other.at(-1)?.video })
})
