import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { NutStream } from '../../../src/nut/nut-format.ts'
import { type NutPacket, NutReader } from '../../../src/nut/nut-reader.ts'
import { NutWriter } from '../../../src/nut/nut-writer.ts'

const video: NutStream = {
  ...{ id: 0, kind: 'video', fourcc: 'I420', timeBase: { numerator: 1, denominator: 30 } },
  ...{ config: Buffer.alloc(0), width: 16, height: 16, sampleRateHz: 0, channels: 0 },
}
const audio: NutStream = {
  ...{ id: 1, kind: 'audio', fourcc: 'PSD\x10', timeBase: { numerator: 1, denominator: 48_000 } },
  ...{ config: Buffer.alloc(0), width: 0, height: 0, sampleRateHz: 48_000, channels: 2 },
}

function read(bytes: Buffer, chunkBytes: number): NutPacket[] {
  const packets: NutPacket[] = []
  const reader = new NutReader({ maxPacketBytes: 1_000_000, onPacket: (packet) => packets.push(packet) })
  for (let at = 0; at < bytes.length; at += chunkBytes) reader.push(bytes.subarray(at, at + chunkBytes))
  return packets
}

function ffmpeg(args: string[], input?: Buffer): Buffer {
  return execFileSync(process.env.FFMPEG_PATH ?? 'ffmpeg', ['-loglevel', 'error', ...args], { input })
}

const asFfmpegWrites = [
  '-f',
  'nut',
  '-syncpoints',
  'none',
  '-write_index',
  '0',
  '-strict',
  'experimental',
  'pipe:1',
]

test('reads what ffmpeg writes, in pieces of any size', () => {
  const bytes = ffmpeg([
    ...['-f', 'lavfi', '-i', 'testsrc2=size=32x32:rate=10:duration=1'],
    ...['-f', 'lavfi', '-i', 'sine=sample_rate=48000:duration=1', '-map', '0', '-map', '1'],
    ...['-c:v', 'rawvideo', '-pix_fmt', 'yuv420p', '-c:a', 'pcm_s16le', '-ac', '2', ...asFfmpegWrites],
  ])
  const whole = read(bytes, bytes.length)
  const frames = whole.filter(({ stream }) => stream.kind === 'video')
  expect(frames.map(({ bytes }) => bytes.length)).toEqual(Array(10).fill(32 * 32 * 1.5))
  const { timeBase } = frames[0]?.stream ?? video
  const times = frames.map(({ pts }) => (pts * timeBase.numerator) / timeBase.denominator)
  for (const [index, time] of times.entries()) expect(time).toBeCloseTo(index / 10, 6)
  const samples = whole.filter(({ stream }) => stream.kind === 'audio')
  expect(samples.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBe(48_000 * 4)
  for (const chunkBytes of [1, 7, 1000]) expect(read(bytes, chunkBytes)).toEqual(whole)
})

test('reads compressed streams with their configuration', () => {
  const packets = read(
    ffmpeg([
      ...[
        '-f',
        'lavfi',
        '-i',
        'testsrc2=size=64x64:rate=10:duration=1',
        '-f',
        'lavfi',
        '-i',
        'sine=duration=1',
      ],
      ...['-map', '0', '-map', '1', '-c:v', 'libx264', '-c:a', 'aac', ...asFfmpegWrites],
    ]),
    333,
  )
  const [picture] = packets.filter(({ stream }) => stream.kind === 'video')
  const [sound] = packets.filter(({ stream }) => stream.kind === 'audio')
  expect(picture?.stream).toMatchObject({ fourcc: 'H264', width: 64, height: 64 })
  expect(picture?.keyframe).toBe(true)
  // AudioSpecificConfig (ISO/IEC 14496-3 section 1.6.2.1): AAC-LC is object type 2.
  expect((sound?.stream.config[0] ?? 0) >> 3).toBe(2)
})

test('ffmpeg reads what is written, at the same times', () => {
  const writer = new NutWriter([video, audio])
  const frame = Buffer.alloc(16 * 16 * 1.5, 100)
  const block = Buffer.alloc(1600 * 4)
  const parts = [writer.header()]
  // A frame is left out: a gap in time, not a shift of what follows.
  for (const index of [0, 1, 2, 4, 5]) {
    parts.push(writer.frameHead(0, index + 100_000, frame.length, true), frame)
    parts.push(writer.frameHead(1, (index + 100_000) * 1600, block.length, true), block)
  }
  const folder = mkdtempSync(join(tmpdir(), 'sluice-nut-'))
  try {
    const file = join(folder, 'written.nut')
    writeFileSync(file, Buffer.concat(parts))
    const probe = process.env.FFMPEG_PATH?.replace(/ffmpeg$/, 'ffprobe') ?? 'ffprobe'
    const args = ['-v', 'error', '-show_entries', 'packet=stream_index,pts,size', '-of', 'csv=p=0', file]
    const rows = execFileSync(probe, args, { encoding: 'utf8' }).trim().split('\n')
    expect(rows).toHaveLength(10)
    expect(
      rows.filter((row) => row.startsWith('0,')).map((row) => Number(row.split(',')[1]) - 100_000),
    ).toEqual([0, 1, 2, 4, 5])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('what is written is read again, whatever times and sizes', () => {
  const frames = fc.array(
    fc.record({
      stream: fc.constantFrom(0, 1),
      pts: fc.nat(2 ** 31 - 1),
      bytes: fc.uint8Array({ maxLength: 300 }),
    }),
  )
  fc.assert(
    fc.property(frames, fc.integer({ min: 1, max: 400 }), (list, chunkBytes) => {
      const writer = new NutWriter([video, audio])
      const bytes = Buffer.concat([
        writer.header(),
        ...list.flatMap((frame) => [
          writer.frameHead(frame.stream, frame.pts, frame.bytes.length, frame.stream === 0),
          Buffer.from(frame.bytes),
        ]),
      ])
      expect(
        read(bytes, chunkBytes).map(({ stream, pts, keyframe, bytes: data }) => [
          ...[stream.id, pts, keyframe, data.toString('hex')],
        ]),
      ).toEqual(
        list.map(({ stream, pts, bytes: data }) => [
          ...[stream, pts, stream === 0, Buffer.from(data).toString('hex')],
        ]),
      )
    }),
    { numRuns: 200 },
  )
})

test('damage is refused, or read as something else, but never loops or takes memory', () => {
  const good = ffmpeg([
    '-f',
    'lavfi',
    '-i',
    'testsrc2=size=32x32:rate=5:duration=1',
    '-c:v',
    'rawvideo',
    ...asFfmpegWrites,
  ])
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1 }), (changes) => {
      const bad = Buffer.from(good)
      for (const [at, byte] of changes) bad[at] = byte
      try {
        read(bad, 1000)
      } catch (error) {
        expect(error).toMatchObject({ code: 'FFMPEG_FAILED' })
      }
    }),
    { numRuns: 300 },
  )
})
