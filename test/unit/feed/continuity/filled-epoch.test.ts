import { pino } from 'pino'
import { expect, test } from 'vitest'
import { FilledEpoch } from '../../../../src/feed/continuity/filled-epoch.ts'
import { type FillerSpec, makeFiller } from '../../../../src/feed/continuity/filler.ts'
import { type Fragment, mediaBytes } from '../../../../src/feed/fragment.ts'
import { columnLumas } from '../../../support/column-lumas.ts'
import { epochFragments, fileOf } from '../../../support/epoch-fragments.ts'
import { frameSizes, probePackets } from '../../../support/packets.ts'
import { runTool, testFfmpeg } from '../../../support/run-tool.ts'
import { ffmpegBytes } from '../../mp4/ffmpeg-bytes.ts'

const silence: FillerSpec = { kind: 'audio', bitrateBps: 128_000 }
const picture: FillerSpec = {
  kind: 'video',
  width: 320,
  height: 180,
  framesPerSecond: 30,
  keyframeSeconds: 2,
}

async function filled(fragments: readonly Fragment[], spec: FillerSpec): Promise<Fragment[]> {
  const [first] = fragments
  if (!first) throw new Error('there is no fragment')
  const epoch = new FilledEpoch(first.epoch, await makeFiller(spec, testFfmpeg, pino({ level: 'silent' })))
  return fragments.map((fragment) => epoch.fill(fragment))
}

/** Steps between a track's packets that are not one packet long, in ms. */
function gapsMs(packets: Awaited<ReturnType<typeof probePackets>>['packets'], kind: 'audio' | 'video') {
  const own = packets.filter((packet) => packet.kind === kind)
  return own
    .slice(1)
    .map(({ seconds }, index) => Math.round((seconds - (own[index]?.endSeconds ?? 0)) * 1000))
    .filter((ms) => Math.abs(ms) > 1)
}

test('a picture without sound gets silence, AAC 48 kHz stereo, as long as the picture', async () => {
  const fragments = await filled(epochFragments(ffmpegBytes({ seconds: 5, audio: false })), silence)
  const { streams, packets } = await probePackets(fileOf(fragments))
  expect(streams).toContainEqual(
    expect.objectContaining({ codec_name: 'aac', profile: 'LC', sample_rate: '48000', channels: 2 }),
  )
  expect(gapsMs(packets, 'audio')).toEqual([])
  expect(packets.filter(({ kind }) => kind === 'audio').at(-1)?.endSeconds).toBeCloseTo(5, 1)
  const { stdout } = await runTool(
    testFfmpeg,
    ['-v', 'error', '-i', 'pipe:0', '-map', '0:a', '-f', 's16le', '-'],
    fileOf(fragments),
  )
  expect(stdout.length / 2 / 2 / 48_000).toBeCloseTo(5, 1)
  expect(stdout.every((byte) => byte === 0)).toBe(true)
  expect(fragments.filter(({ keyframe }) => keyframe).map(({ startSeconds }) => startSeconds)).toEqual([
    0, 2, 4,
  ])
})

test('sound without a picture gets a dark one, with a keyframe every 2 s at the most, each at the start of a fragment', async () => {
  const fragments = await filled(epochFragments(ffmpegBytes({ seconds: 7, video: false })), picture)
  const { streams, packets } = await probePackets(fileOf(fragments))
  expect(streams.map(({ codec_name }) => codec_name).sort()).toEqual(['aac', 'h264'])
  expect(gapsMs(packets, 'video')).toEqual([])
  const keyframes = packets.filter(({ kind, keyframe }) => kind === 'video' && keyframe)
  const distances = keyframes.slice(1).map(({ seconds }, index) => seconds - (keyframes[index]?.seconds ?? 0))
  expect(keyframes.length).toBeGreaterThanOrEqual(4)
  expect(Math.max(...distances)).toBeLessThanOrEqual(2.001)
  expect(fragments.filter(({ keyframe }) => keyframe)).toHaveLength(keyframes.length)
  const sizes = await frameSizes(fileOf(fragments))
  expect(new Set(sizes)).toEqual(new Set(['320x180']))
  expect(sizes).toHaveLength(packets.filter(({ kind }) => kind === 'video').length)
  expect(Math.max(...(await columnLumas(fileOf(fragments), 320, 180)))).toBeLessThan(40)
})

test('a reader can join at any fragment that is marked as a keyframe', async () => {
  const fragments = await filled(epochFragments(ffmpegBytes({ seconds: 5, video: false })), picture)
  const from = fragments.findIndex(({ keyframe }, index) => keyframe && index > 0)
  const { stderr } = await runTool(
    testFfmpeg,
    ['-v', 'error', '-xerror', '-i', 'pipe:0', '-f', 'null', '-'],
    fileOf(fragments.slice(from)),
  )
  expect(stderr).toBe('')
})

test('a short gap in the source is filled, and a long one is left out', async () => {
  const all = epochFragments(ffmpegBytes({ seconds: 4, audio: false }))
  const late = (seconds: number) =>
    all.map((fragment, index) =>
      index < 5 ? fragment : { ...fragment, startSeconds: fragment.startSeconds + seconds },
    )
  const [short, long] = await Promise.all([filled(late(3), silence), filled(late(3600), silence)])
  expect(gapsMs((await probePackets(fileOf(short))).packets, 'audio')).toEqual([])
  // An hour of silence would be a million bytes.
  const [filledOne, source] = [long[5], all[5]]
  if (!filledOne || !source) throw new Error('there are too few fragments')
  expect(mediaBytes(filledOne) - mediaBytes(source)).toBeLessThan(500)
})

test("a fragment that lasts for hours, by a jump of the publisher's clock, gets no hours of filler", async () => {
  const [first, ...others] = epochFragments(ffmpegBytes({ seconds: 2, audio: false }))
  if (!first) throw new Error('there is no fragment')
  const [long] = await filled([{ ...first, durationSeconds: 12 * 3600 }, ...others], silence)
  // Ten seconds of AAC frames at the most.
  expect(long?.audio.length).toBeLessThanOrEqual(Math.ceil((10 * 48_000) / 1024))
  expect(long?.audio.length).toBeGreaterThan(400)
})
