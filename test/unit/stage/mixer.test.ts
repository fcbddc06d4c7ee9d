import { expect, test } from 'vitest'
import { initialsOf } from '../../../src/stage/initials-of.ts'
import { ArrivalClock } from '../../../src/stage/mixer/arrival-clock.ts'
import {
  blit,
  createPicture,
  fade,
  fill,
  i420Bytes,
  lay,
  type Picture,
} from '../../../src/stage/mixer/canvas.ts'
import {
  decoderInput,
  decoderOutputOptions,
  resizeCommands,
  scalerSizes,
} from '../../../src/stage/mixer/decoder-args.ts'
import { FramePool } from '../../../src/stage/mixer/frame-pool.ts'
import { Limiter } from '../../../src/stage/mixer/limiter.ts'
import { PictureQueue } from '../../../src/stage/mixer/picture-queue.ts'
import { PlayoutDelay } from '../../../src/stage/mixer/playout-delay.ts'
import { SoundRing } from '../../../src/stage/mixer/sound-ring.ts'
import { escapeText } from '../../../src/stage/mixer/text-cards.ts'

function plain(width: number, height: number, value: number): Picture {
  return { width, height, bytes: Buffer.alloc(i420Bytes({ width, height }), value) }
}
const luma = ({ bytes, width }: Picture, x: number, y: number) => bytes[y * width + x]
const blue = ({ bytes, width, height }: Picture, x: number, y: number) =>
  bytes[width * height + (y / 2) * (width / 2) + x / 2]
const red = ({ bytes, width, height }: Picture, x: number, y: number) =>
  bytes[(width * height * 5) / 4 + (y / 2) * (width / 2) + x / 2]

test('a fill colours its place in all planes, and nothing else', () => {
  const canvas = createPicture({ width: 8, height: 8 })
  fill(canvas, { x: 2, y: 4, width: 4, height: 2 }, { y: 50, u: 60, v: 70 })
  expect([luma(canvas, 2, 4), luma(canvas, 5, 5), blue(canvas, 2, 4), red(canvas, 4, 4)]).toEqual([
    50, 50, 60, 70,
  ])
  expect([
    luma(canvas, 1, 4),
    luma(canvas, 6, 4),
    luma(canvas, 2, 3),
    luma(canvas, 2, 6),
    blue(canvas, 0, 4),
  ]).toEqual([0, 0, 0, 0, 0])
})

test('a picture of another size is centred: cut off when larger, with its border left when smaller', () => {
  const canvas = createPicture({ width: 8, height: 8 })
  blit(canvas, { x: 0, y: 0, width: 8, height: 8 }, plain(4, 4, 9))
  expect([luma(canvas, 1, 2), luma(canvas, 2, 2), luma(canvas, 5, 5), luma(canvas, 6, 5)]).toEqual([
    0, 9, 9, 0,
  ])
  const large = plain(12, 8, 5)
  large.bytes[2] = 77
  blit(canvas, { x: 0, y: 0, width: 8, height: 8 }, large)
  expect([luma(canvas, 0, 0), luma(canvas, 7, 7), blue(canvas, 6, 6)]).toEqual([77, 5, 5])
})

test('an overlay covers where it is opaque, and is cut off at the border', () => {
  const canvas = plain(4, 4, 100)
  const overlay = { ...plain(4, 2, 200), alpha: Buffer.from([255, 0, 128, 255, 255, 0, 128, 255]) }
  lay(canvas, 2, 2, overlay)
  expect([luma(canvas, 2, 2), luma(canvas, 3, 2), luma(canvas, 1, 2)]).toEqual([200, 100, 100])
  const whole = plain(4, 2, 100)
  lay(whole, 0, 0, overlay)
  expect(luma(whole, 2, 0)).toBe(150)
})

test('a fade goes from what was shown to what is', () => {
  const shares = [0, 0.5, 1].map((share) => {
    const canvas = plain(2, 2, 200)
    fade(canvas, plain(2, 2, 100), share)
    return luma(canvas, 0, 0)
  })
  expect(shares).toEqual([100, 150, 200])
})

test('the newest picture up to a moment is shown; older ones give their memory back', () => {
  const released: number[] = []
  const queue = new PictureQueue(({ capturedAtMs }) => released.push(capturedAtMs))
  for (const capturedAtMs of [10, 20, 30]) queue.push({ ...plain(2, 2, 0), capturedAtMs })
  expect(queue.at(5)).toBeUndefined()
  expect(queue.at(25)?.capturedAtMs).toBe(20)
  expect(released).toEqual([10])
  // None is new: the same one again.
  expect(queue.at(29)?.capturedAtMs).toBe(20)
  expect(queue.at(31)?.capturedAtMs).toBe(30)
  expect(released).toEqual([10, 20])
  for (let time = 40; time < 140; time += 10) queue.push({ ...plain(2, 2, 0), capturedAtMs: time })
  expect(released).toEqual([10, 20, 40, 50])
  queue.drop()
  expect(queue.shown?.capturedAtMs).toBe(30)
  queue.clear()
  expect(released).toHaveLength(13)
})

function tone(ms: number, value: number): Buffer {
  const block = Buffer.alloc(ms * 48 * 4)
  for (let at = 0; at < block.length; at += 2) block.writeInt16LE(value, at)
  return block
}

function heard(ring: SoundRing, fromMs: number, lengthMs: number): number[] {
  const mix = new Float32Array(lengthMs * 48 * 2)
  ring.mixInto(mix, fromMs, lengthMs, { from: 1, to: 1 })
  return [...mix]
}

test('sound is heard at the time of its capture, silence before and after it', () => {
  const ring = new SoundRing()
  ring.write(1_000, tone(20, 16_384))
  ring.write(1_020, tone(20, 16_384))
  expect(ring.endMs).toBe(1_040)
  expect(new Set(heard(ring, 980, 20))).toEqual(new Set([0]))
  expect(new Set(heard(ring, 1_000, 40))).toEqual(new Set([0.5]))
  expect(new Set(heard(ring, 1_040, 20))).toEqual(new Set([0]))
})

test('small errors of sender reports are slewed, not cut; a gap is silence', () => {
  const ring = new SoundRing()
  ring.write(0, tone(20, 16_384))
  ring.write(30, tone(20, 16_384))
  // 10 ms were claimed to be missing; 5 of 960 samples were added.
  expect(ring.endMs).toBeCloseTo(40.1, 1)
  expect(new Set(heard(ring, 0, 40))).toEqual(new Set([0.5]))
  ring.write(200, tone(20, 16_384))
  expect(ring.endMs).toBe(220)
  expect(new Set(heard(ring, 100, 100))).toEqual(new Set([0]))
  // From long ago: it would overwrite what is about to be heard.
  ring.write(100, tone(20, 8_192))
  expect(ring.endMs).toBe(220)
})

test('sounds add up, a change of gain is a ramp, and loudness is told before the gain', () => {
  const ring = new SoundRing()
  ring.write(0, tone(40, 8_192))
  const mix = new Float32Array(20 * 48 * 2).fill(0.25)
  expect(ring.mixInto(mix, 0, 20, { from: 0, to: 1 })).toBeCloseTo(0.25)
  expect(mix[0]).toBe(0.25)
  expect(mix[960]).toBeCloseTo(0.375)
  expect(mix.at(-1)).toBeGreaterThan(0.499)
})

test('stretching plays a longer time in the same samples', () => {
  const ring = new SoundRing()
  const block = Buffer.alloc(40 * 48 * 4)
  for (let index = 0; index < 40 * 48; index += 1) block.writeInt16LE(index, index * 4)
  ring.write(0, block)
  const mix = new Float32Array(20 * 48 * 2)
  ring.mixInto(mix, 0, 30, { from: 1, to: 1 })
  expect((mix[958] ?? 0) * 32_768).toBeCloseTo(479 * 1.5, 0)
})

test('a mix that is too loud is turned down at once and comes back slowly', () => {
  const limiter = new Limiter()
  const peakOf = (level: number) => {
    const out = limiter.process(new Float32Array(3_200).fill(level))
    return Math.max(...Array.from({ length: 1_600 }, (_, index) => out.readInt16LE(index * 2)).slice(200))
  }
  expect(peakOf(0.5)).toBe(16_384)
  expect(peakOf(2)).toBeLessThan(31_000)
  const after = peakOf(0.5)
  expect(after).toBeGreaterThan(7_600)
  expect(after).toBeLessThan(16_384)
  for (let block = 0; block < 100; block += 1) peakOf(0.5)
  expect(peakOf(0.5)).toBeGreaterThan(16_380)
})

test('the delay grows at once, shrinks slowly, and stays within its limits', () => {
  const delay = new PlayoutDelay({ leastMs: 60, mostMs: 500 })
  delay.saw(120, 0)
  expect(delay.tick()).toBe(63)
  expect(delay.ms).toBe(123)
  delay.saw(10, 4_000)
  expect(delay.tick()).toBe(-0.5)
  for (let tick = 0; tick < 1_000; tick += 1) delay.tick()
  expect(delay.ms).toBe(60)
  delay.saw(9_000, 5_000)
  delay.tick()
  expect(delay.ms).toBe(500)
})

test('times are mapped by the least delay that was seen, for all tracks alike', () => {
  const clock = new ArrivalClock()
  // What had waited while the decoder started comes at once: the mapping falls to the present.
  expect(clock.map(0, 2_500)).toEqual({ capturedAtMs: 2_500, resync: false })
  expect(clock.map(2_000, 2_510)).toEqual({ capturedAtMs: 2_510, resync: true })
  expect(clock.map(2_033, 2_560).capturedAtMs).toBe(2_543)
  expect(clock.map(2_067, 2_577)).toEqual({ capturedAtMs: 2_577, resync: false })
})

test('a sender whose clock is slow is followed, slowly', () => {
  const clock = new ArrivalClock()
  let captured = 0
  for (let ms = 0; ms <= 60_000; ms += 20) captured = clock.map(ms, ms * 1.0002 + 100).capturedAtMs
  // 12 ms in a minute; the windows are 5 s, so at most 2 ms of it are not followed yet.
  expect(60_000 * 1.0002 + 100 - captured).toBeLessThan(2.1)
})

test('frames of one size are used again', () => {
  const pool = new FramePool()
  const first = pool.take(10)
  pool.give(first)
  expect(pool.take(10)).toBe(first)
  expect(pool.take(10)).not.toBe(first)
  expect(pool.take(12)).toHaveLength(12)
})

test('the arguments of a decoder', () => {
  expect(Buffer.from(decoderInput('v=0\r\n').split(',')[1] ?? '', 'base64').toString()).toBe('v=0\r\n')
  const size = { width: 640, height: 360 }
  const both = decoderOutputOptions({ video: true, audio: true }, size, 'cover').join(' ')
  expect(both).toContain('scale=w=640:h=360:force_original_aspect_ratio=increase')
  expect(both).toContain('-map 0:a:0')
  const video = decoderOutputOptions({ video: true, audio: false }, size, 'contain').join(' ')
  expect(video).toContain('force_original_aspect_ratio=decrease')
  expect(video).not.toContain('-map 0:a:0')
  expect(decoderOutputOptions({ video: false, audio: true }, size, 'cover').join(' ')).not.toContain('-vf')
  expect(resizeCommands(size)).toEqual(['call -1 w 640\n', 'call -1 h 360\n'])
  expect(
    scalerSizes(
      '[Parsed_scale_0 @ 0x1] [verbose] w:1280 h:720 fmt:yuv420p sar:1/1 -> w:640 h:360 fmt:yuv420p',
    ),
  ).toEqual({ source: { width: 1280, height: 720 }, scaled: size })
  expect(scalerSizes('[info] Stream mapping:')).toBeUndefined()
})

test('initials and texts of labels', () => {
  expect(['ann', 'Ann van der Berg', '  ', '😀 smile'].map(initialsOf)).toEqual(['A', 'AB', '', '😀S'])
  expect(escapeText("a:b\\c'd\u0000\n")).toBe("a\\:b\\\\c'\\\\\\''d")
})
