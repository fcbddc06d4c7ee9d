import { describe, expect, test, vi } from 'vitest'
import type { UnnumberedFragment } from '../../../src/feed/fragment.ts'
import { fragmentLengthOf } from '../../../src/feed/fragment-length.ts'
import { FragmentReader, type FragmentReaderOptions } from '../../../src/feed/fragment-reader.ts'
import { steadyNowMs } from '../../../src/steady-clock.ts'
import { fileOf } from '../../support/epoch-fragments.ts'
import { ffmpegBytes, probePackets } from '../mp4/ffmpeg-bytes.ts'

/** All fragments of ffmpeg's output, given in chunks. */
function read(bytes: Buffer, options: Partial<FragmentReaderOptions> & { chunkBytes?: number } = {}) {
  const { chunkBytes = 10_000, ...more } = options
  const fragments: UnnumberedFragment[] = []
  const onFormatChange = vi.fn()
  const reader = new FragmentReader({
    fragmentLength: fragmentLengthOf(0.2),
    onFragment: (fragment) => fragments.push(fragment),
    onFormatChange,
    ...more,
  })
  for (let at = 0; at < bytes.length; at += chunkBytes) reader.push(bytes.subarray(at, at + chunkBytes))
  return { fragments, onFormatChange }
}

const numbered = (fragments: readonly UnnumberedFragment[]) =>
  fragments.map((fragment, number) => ({ ...fragment, number }))

describe('FragmentReader', () => {
  test.each([
    { name: 'video and audio', video: true, audio: true },
    { name: 'video only', video: true, audio: false },
    { name: 'audio only', video: false, audio: true },
  ])('$name: every packet is in a fragment, once, in order', (options) => {
    const bytes = ffmpegBytes({ ...options, seconds: 2, framesPerKeyframe: 20 })
    const { fragments } = read(bytes)
    const written = fileOf(numbered(fragments))
    for (const type of ['video', 'audio']) {
      const packets = (of: Buffer) => probePackets(of).filter((packet) => packet.type === type)
      const [all, found] = [packets(bytes), packets(written)]
      // The last fragment is not long enough yet.
      expect(found.length).toBeGreaterThan(all.length - 11)
      expect(found.slice(0, -1)).toEqual(all.slice(0, found.length - 1))
    }
  })

  test.each([0.065, 0.2, 0.5])('ffmpeg’s fragments of %d s make the same ones', (seconds) => {
    const options = { seconds: 2, framesPerKeyframe: 25 }
    const byFrame = read(ffmpegBytes({ ...options, fragmentSeconds: 0.022 })).fragments
    const several = read(ffmpegBytes({ ...options, fragmentSeconds: seconds })).fragments
    const shape = ({ startSeconds, durationSeconds, keyframe, video }: UnnumberedFragment) => [
      ...[startSeconds.toFixed(3), durationSeconds.toFixed(3), keyframe],
      video[0]?.map(({ data }) => data.length),
    ]
    expect(several.length).toBeGreaterThan(8)
    const keyframes = several.filter(({ keyframe }) => keyframe)
    expect(keyframes.map(({ startSeconds }) => Math.round(startSeconds * 30))).toEqual([0, 25, 50])
    expect(several.map(shape)).toEqual(byFrame.slice(0, several.length).map(shape))
    for (const { capturedAtMs, startSeconds } of several) {
      const [first] = several
      // ffmpeg reads synthetic media faster than it plays, so these are the times of writing.
      expect(capturedAtMs - (first?.capturedAtMs ?? 0)).toBeLessThanOrEqual(startSeconds * 1000 + 1)
    }
  })

  test('audio is in the fragment of the video that it plays with', () => {
    const { fragments } = read(ffmpegBytes({ seconds: 2, fragmentSeconds: 0.5 }))
    for (const { epoch, audio, startSeconds, durationSeconds } of fragments) {
      const timescale = epoch.audio?.timescale ?? 1
      for (const { decodeTime } of audio) {
        expect(decodeTime / timescale).toBeGreaterThanOrEqual(startSeconds - 0.022)
        expect(decodeTime / timescale).toBeLessThan(startSeconds + durationSeconds + 0.022)
      }
    }
  })

  test('chunks may end anywhere', () => {
    const bytes = ffmpegBytes({ seconds: 1 })
    const facts = (chunkBytes: number) =>
      read(bytes, { chunkBytes }).fragments.map(({ startSeconds, audio, video }) => [
        startSeconds,
        audio,
        video,
      ])
    expect(facts(777)).toEqual(facts(bytes.length))
  })

  test('each fragment was captured before it arrived, and not before the run began', () => {
    const beganAtMs = steadyNowMs()
    const { fragments } = read(ffmpegBytes({ seconds: 1 }))
    for (const { capturedAtMs, arrivedAtMs } of fragments) {
      expect(arrivedAtMs).toBeGreaterThanOrEqual(beganAtMs)
      expect(capturedAtMs).toBeLessThanOrEqual(arrivedAtMs)
    }
  })

  test('copied video of another size ends it, once; encoded video does not', () => {
    // As publishers send it: parameter sets in front of each keyframe.
    const inBand = ['-x264-params', 'repeat-headers=1']
    const two = Buffer.concat([
      ffmpegBytes({ seconds: 1, audio: false, framesPerKeyframe: 10, extra: inBand }),
      withoutInit(ffmpegBytes({ seconds: 2, audio: false, extra: [...inBand, '-s', '160x90'] })),
    ])
    const { fragments, onFormatChange } = read(two, { endsWith: ['size'] })
    expect(onFormatChange.mock.calls).toEqual([['size']])
    expect(fragments.length).toBeLessThan(6)
    const encoded = read(two)
    expect(encoded.onFormatChange).not.toHaveBeenCalled()
    expect(encoded.fragments.length).toBeGreaterThan(6)
  })

  test.each([
    ['no MP4', Buffer.alloc(64, 0xff), /size/],
    ['a fragment without samples', emptyFragment, /no sample/],
  ])('%s is refused', (_, bytes, message) => {
    const given = typeof bytes === 'function' ? bytes() : bytes
    expect(() => read(given)).toThrow(
      expect.objectContaining({ code: 'FFMPEG_FAILED', message: expect.stringMatching(message) }),
    )
  })

  test('fragments in front of the initialisation segment are left out', () => {
    expect(read(withoutInit(ffmpegBytes({ seconds: 1 }))).fragments).toEqual([])
  })
})

/** ffmpeg's output from its first fragment on. */
function withoutInit(bytes: Buffer): Buffer {
  return bytes.subarray(bytes.indexOf('prft') - 4)
}

function emptyFragment(): Buffer {
  const bytes = ffmpegBytes({ seconds: 0.5 })
  const init = bytes.subarray(0, bytes.indexOf('prft') - 4)
  const moof = Buffer.from('00000018' + '6d6f6f66' + '00000010' + '6d666864' + '0000000000000001', 'hex')
  return Buffer.concat([init, moof, Buffer.from('000000086d646174', 'hex')])
}
