import { describe, expect, test } from 'vitest'
import type { Fragment } from '../../../src/feed/fragment.ts'
import { mp4Muxer, muxMp4 } from '../../../src/feed/muxer.ts'
import type { RenditionFiles } from '../../../src/hls/renditions.ts'
import type { Segment } from '../../../src/hls/segment.ts'
import { Segmenter, targetDurationOf } from '../../../src/hls/segmenter.ts'
import { bodyOf } from './hls-resource.ts'
import { drawn, makeEpoch, makeFragment, startMs } from './make-fragments.ts'

function segmentsOf(fragments: readonly Fragment[], segmentSeconds = 2): Segment[] {
  const segmenter = new Segmenter({ segmentSeconds })
  const segments = fragments.flatMap((fragment) => segmenter.push(fragment))
  return [...segments, segmenter.finish()].filter((segment) => segment !== undefined)
}

/** `2.0K`: seconds, K when independent, `|` in front of a discontinuity. */
function short(segments: readonly Segment[]): string {
  return segments
    .map(
      (segment) =>
        `${segment.discontinuity ? '|' : ''}${segment.durationSeconds.toFixed(1)}${segment.independent ? 'K' : ''}`,
    )
    .join(' ')
}

const gop = 'K---------'

describe('where a segment ends', () => {
  test.each([
    ['keyframes on the cadence', gop.repeat(3), '2.0K 2.0K 2.0K'],
    ['keyframes every second: every other one', 'K----'.repeat(6), '1.0K 2.0K 2.0K 1.0K'],
    ['keyframes 0.4 s early and late', 'K--------- K------- K----------- K---', '2.0K 1.6K 2.4K 0.8K'],
    ['the first one after 1 s', `K---- ${gop.repeat(2)}`, '1.0K 2.0K 2.0K'],
    ['the first one not before 0.9 s', `K--- K----- ${gop}`, '2.0K 2.0K'],
    ['no keyframe for 10 s', `K${'-'.repeat(49)} ${gop}K`, '2.4K 2.4 2.4 2.4 0.4 2.0K 0.2K'],
    [
      'a keyframe too early stays inside, the next one mends the forced cut',
      `${gop} K-----K-------- ${gop}`,
      '2.0K 2.4K 0.6 2.0K',
    ],
    ['nothing before the first keyframe', `---- ${gop} K`, '2.0K 0.2K'],
    ['nothing without a keyframe', '-'.repeat(40), ''],
    ['a jump in time ends it and waits for a keyframe', `${gop} K--....--- ${gop} K`, '2.0K 0.6K |2.0K 0.2K'],
    ['a small gap stays inside', `${gop} K---..---- K`, '2.0K 2.0K 0.2K'],
  ])('%s', (_, drawing, expected) => {
    expect(short(segmentsOf(drawn(drawing)))).toBe(expected)
  })

  test('an early keyframe ends it at once, not only when nothing else fits', () => {
    const segmenter = new Segmenter({ segmentSeconds: 2 })
    const segments = drawn(`${gop} K------- K`).map((fragment) => segmenter.push(fragment))
    expect(segments[18]?.[0]?.durationSeconds).toBeCloseTo(1.6, 9)
  })

  test('all-keyframe audio is cut as near to the wanted length as fragments allow', () => {
    const sound = makeEpoch('a', { video: false })
    expect(short(segmentsOf(drawn('K'.repeat(45), sound)))).toBe('1.0K 2.0K 2.0K 2.0K 2.0K')
    expect(short(segmentsOf(drawn('K'.repeat(30), sound, 0.3), 4))).toBe('1.2K 3.9K 3.9K')
  })

  test.each([
    [1, 'K----K----K----', '1.0K 1.0K 1.0K'],
    [1, 'K'.padEnd(20, '-'), '1.4K 1.4 1.2'],
    [1.5, 'K'.padEnd(30, '-'), '2.4K 2.4 1.2'],
    [6, 'K'.padEnd(70, '-'), '6.4K 6.4 1.2'],
  ])('wanted length %d s', (segmentSeconds, drawing, expected) => {
    expect(short(segmentsOf(drawn(drawing), segmentSeconds))).toBe(expected)
  })

  test.each([
    [1, 1],
    [1.5, 2],
    [2, 2],
    [2.1, 3],
    [10, 10],
  ])('%d s give target duration %d', (segmentSeconds, expected) => {
    expect(targetDurationOf(segmentSeconds)).toBe(expected)
  })

  test('a new epoch ends it at once and begins with a keyframe', () => {
    const [a, b] = [makeEpoch('a'), makeEpoch('b')]
    const segments = segmentsOf([...drawn(`${gop} K--`, a), ...drawn(`--K---- ${gop} K`, b)])
    expect(short(segments)).toBe('2.0K 0.6K |1.0K 2.0K 0.2K')
    expect(segments.map(({ epoch }) => epoch.id).join('')).toBe('aabbb')
  })

  test('an epoch that brings nothing leaves no trace', () => {
    const segments = segmentsOf([...drawn('---', makeEpoch('a')), ...drawn(`${gop} K`, makeEpoch('b'))])
    expect(short(segments)).toBe('2.0K 0.2K')
  })

  test('a fragment longer than any segment is told as long as possible, with a discontinuity behind it', () => {
    const epoch = makeEpoch('e', { audio: false })
    const long = makeFragment({ epoch, startSeconds: 2.2, durationSeconds: 8 })
    const after = drawn(`${'.'.repeat(51)} -- ${gop} K`, epoch)
    const segments = segmentsOf([...drawn(`${gop} K`, epoch), long, ...after])
    expect(short(segments)).toBe('2.0K 0.2K 2.5 |2.0K 0.2K')
    expect(segments[2]?.durationSeconds).toBe(2.499)
  })

  test('time that goes back is a discontinuity', () => {
    const fragments = [...drawn(`${gop} K---`), ...drawn('K----')]
    const [epoch] = fragments.map((fragment) => fragment.epoch)
    if (!epoch) throw new Error('no epoch')
    expect(short(segmentsOf(fragments.map((fragment) => ({ ...fragment, epoch }))))).toBe('2.0K 0.8K |1.0K')
  })

  test('too many bytes end it', () => {
    const segmenter = new Segmenter({ segmentSeconds: 2, maxSegmentBytes: 4500 })
    const segments = drawn('K----- K-- K------').flatMap((fragment) => segmenter.push(fragment))
    expect(short(segments.filter((segment) => segment !== undefined))).toBe('0.8K 0.4 0.8K 0.8')
    expect(segmenter.openBytes).toBe(2000)
  })
})

/** A segment with the bodies of its files in their place. */
function withBodies({ files, init, parts, ...rest }: Segment) {
  const body = (of: RenditionFiles) => bodyOf(of.get('v0'))
  return {
    ...rest,
    files: body(files),
    init: body(init),
    parts: parts.map((part) => ({ ...part, files: body(part.files) })),
  }
}

test('what a segment tells', () => {
  const [a, b] = [makeEpoch('a'), makeEpoch('b', { audio: false })]
  const fragments = [...drawn(`${gop} K--`, a), ...drawn(`${gop} K`, b)]
  const segments = segmentsOf(fragments)
  expect(segments.map(withBodies)).toEqual([
    {
      epoch: a,
      init: mp4Muxer(a).header,
      mediaSequence: 0,
      discontinuitySequence: 0,
      discontinuity: false,
      independent: true,
      durationSeconds: 2,
      programDateTimeMs: startMs,
      videoFrames: 60,
      files: Buffer.concat(fragments.slice(0, 10).map((fragment) => muxMp4(fragment, 0))),
      bytes: 10_000,
      partsListed: false,
      parts: fragments.slice(0, 10).map((fragment) => ({
        number: fragment.number,
        durationSeconds: fragment.durationSeconds,
        independent: fragment.keyframe,
        files: muxMp4(fragment, 0),
      })),
    },
    expect.objectContaining({
      mediaSequence: 1,
      discontinuitySequence: 0,
      programDateTimeMs: startMs + 2000,
    }),
    expect.objectContaining({
      epoch: b,
      mediaSequence: 2,
      discontinuitySequence: 1,
      discontinuity: true,
      programDateTimeMs: startMs,
    }),
    expect.objectContaining({
      mediaSequence: 3,
      discontinuitySequence: 1,
      discontinuity: false,
      videoFrames: 6,
    }),
  ])
})

test('durations are steps between starts, not sums of what ffmpeg guessed', () => {
  const epoch = makeEpoch('e')
  const uneven = drawn(`${gop} K`, epoch).map((fragment) => ({ ...fragment, durationSeconds: 0.19 }))
  const [first, last] = segmentsOf(uneven)
  expect(first?.durationSeconds).toBe(2)
  expect(last?.durationSeconds).toBeCloseTo(0.19, 9)
})

test('finish without media gives nothing', () => {
  expect(new Segmenter({ segmentSeconds: 2 }).finish()).toBeUndefined()
})
