import { describe, expect, it } from 'vitest'
import { BoxReader } from '../../../src/mp4/box-reader.ts'
import { joinMovieFragments, type MovieFragment } from '../../../src/mp4/join-movie-fragments.ts'
import { readFragment, readInit } from '../../../src/mp4/mp4.ts'
import { ffmpegBytes, probePackets } from './ffmpeg-bytes.ts'
import { box, fullBox, u32 } from './make-box.ts'

function parse(bytes: Buffer): { init: Buffer; fragments: MovieFragment[] } {
  const boxes = new BoxReader({ maxBoxBytes: 10_000_000 }).push(bytes)
  const of = (type: string): Buffer[] => boxes.filter((box) => box.type === type).map((box) => box.bytes)
  const mdats = of('mdat')
  return {
    init: Buffer.concat([...of('ftyp'), ...of('moov')]),
    fragments: of('moof').map((moof, index) => ({ moof, mdat: mdats[index] ?? Buffer.alloc(0) })),
  }
}

describe('joinMovieFragments', () => {
  it.each([
    { name: 'video and audio', video: true, audio: true },
    { name: 'video only', video: true, audio: false },
    { name: 'audio only', video: false, audio: true },
    { name: 'B-frames', video: true, audio: true, extra: '-tune film -bf 2 -preset veryfast'.split(' ') },
  ])('$name: every packet is what it was', (options) => {
    const bytes = ffmpegBytes({ ...options, seconds: 3, framesPerKeyframe: 20 })
    const { init, fragments } = parse(bytes)
    const { defaults } = readInit(init)
    const joined: Buffer[] = []
    for (let from = 0; from < fragments.length; from += 3)
      joined.push(joinMovieFragments(fragments.slice(from, from + 3), defaults))
    const after = parse(Buffer.concat([init, ...joined]))
    expect(after.fragments).toHaveLength(Math.ceil(fragments.length / 3))
    for (const type of ['video', 'audio']) {
      const packets = (of: Buffer) => probePackets(of).filter((packet) => packet.type === type)
      expect(packets(Buffer.concat([init, ...joined]))).toEqual(packets(bytes))
    }
    const seconds = (list: readonly MovieFragment[]): number =>
      list.reduce((sum, { moof }) => sum + readFragment(moof, readInit(init)).durationSeconds, 0)
    expect(seconds(after.fragments)).toBeCloseTo(seconds(fragments), 2)
  })

  it('leaves one fragment alone', () => {
    const { init, fragments } = parse(ffmpegBytes({ seconds: 0.5 }))
    const [first] = fragments
    if (!first) throw new Error('ffmpeg wrote no fragment')
    expect(joinMovieFragments([first], readInit(init).defaults)).toEqual(
      Buffer.concat([first.moof, first.mdat]),
    )
  })

  it('refuses a moof that points outside of its mdat', () => {
    const trun = fullBox('trun', 0, 0x201, u32(1, 150, 99))
    const traf = box('traf', fullBox('tfhd', 0, 0x02_0000, u32(1)), fullBox('tfdt', 0, 0, u32(0)), trun)
    const moof = box('moof', fullBox('mfhd', 0, 0, u32(1)), traf)
    const fragment = { moof, mdat: box('mdat', Buffer.alloc(20)) }
    expect(() => joinMovieFragments([fragment, fragment], new Map())).toThrow('points outside of its mdat')
  })
})
