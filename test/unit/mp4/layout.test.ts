import { expect, test } from 'vitest'
import { writeInit } from '../../../src/mp4/write-init.ts'
import { writeMovieFragment } from '../../../src/mp4/write-movie-fragment.ts'
import { makeAudioTrack, makeVideoTrack } from '../../support/make-media.ts'

const containers = ['moov', 'trak', 'mdia', 'minf', 'stbl', 'mvex', 'moof', 'traf', 'dinf']

/** Boxes as a tree, with their content in hexadecimal. */
function tree(bytes: Buffer, depth = 0): string[] {
  const lines: string[] = []
  for (let at = 0; at < bytes.length; ) {
    const size = bytes.readUInt32BE(at)
    const name = bytes.toString('latin1', at + 4, at + 8)
    const content = bytes.subarray(at + 8, at + size)
    const line = (text: string) => lines.push(`${'  '.repeat(depth)}${text}`)
    if (containers.includes(name)) {
      line(name)
      lines.push(...tree(content, depth + 1))
    } else line(`${name} ${content.toString('hex').replace(/(.{8})(?=.)/g, '$1 ')}`)
    at += size
  }
  return lines
}

const video = makeVideoTrack({ sampleEntry: Buffer.from('<avc1>') })
const audio = makeAudioTrack({ sampleEntry: Buffer.from('<mp4a>') })

test('an initialisation segment, field by field (ISO/IEC 14496-12)', () => {
  expect(tree(writeInit(video, audio)).join('\n')).toBe(`ftyp 69736f36 00000000 69736f36 636d6663 6d703431
moov
  mvhd 00000000 00000000 00000000 000003e8 00000000 00010000 01000000 00000000 00000000 00010000 00000000 00000000 00000000 00010000 00000000 00000000 00000000 40000000 00000000 00000000 00000000 00000000 00000000 00000000 ffffffff
  trak
    tkhd 00000003 00000000 00000000 00000001 00000000 00000000 00000000 00000000 00000000 00000000 00010000 00000000 00000000 00000000 00010000 00000000 00000000 00000000 40000000 05000000 02d00000
    mdia
      mdhd 00000000 00000000 00000000 00015f90 00000000 55c40000
      hdlr 00000000 00000000 76696465 00000000 00000000 00000000 00
      minf
        vmhd 00000001 00000000 00000000
        dinf
          dref 00000000 00000001 0000000c 75726c20 00000001
        stbl
          stsd 00000000 00000001 3c617663 313e
          stts 00000000 00000000
          stsc 00000000 00000000
          stsz 00000000 00000000 00000000
          stco 00000000 00000000
  trak
    tkhd 00000003 00000000 00000000 00000002 00000000 00000000 00000000 00000000 00000000 01000000 00010000 00000000 00000000 00000000 00010000 00000000 00000000 00000000 40000000 00000000 00000000
    mdia
      mdhd 00000000 00000000 00000000 0000bb80 00000000 55c40000
      hdlr 00000000 00000000 736f756e 00000000 00000000 00000000 00
      minf
        smhd 00000000 00000000
        dinf
          dref 00000000 00000001 0000000c 75726c20 00000001
        stbl
          stsd 00000000 00000001 3c6d7034 613e
          stts 00000000 00000000
          stsc 00000000 00000000
          stsz 00000000 00000000 00000000
          stco 00000000 00000000
  mvex
    trex 00000000 00000001 00000001 00000000 00000000 00000000
    trex 00000000 00000002 00000001 00000000 00000000 00000000`)
})

test.each([
  { name: 'video', tracks: [video, null] as const, ids: [1] },
  { name: 'audio', tracks: [null, audio] as const, ids: [2] },
])('of $name alone it has one track', ({ tracks, ids }) => {
  const lines = tree(writeInit(tracks[0], tracks[1]))
  const of = (name: string) => lines.filter((line) => line.trim().startsWith(name))
  expect(of('tkhd').map((line) => Number(`0x${line.trim().split(' ')[4]}`))).toEqual(ids)
  expect(of('trex').map((line) => Number(`0x${line.trim().split(' ')[2]}`))).toEqual(ids)
})

test('a movie fragment, field by field', () => {
  const sample = { decodeTime: 0, compositionOffset: 0, sync: true }
  const bytes = writeMovieFragment(7, [
    {
      trackId: 1,
      samples: [
        { ...sample, data: Buffer.from('abc'), decodeTime: 2 ** 33, duration: 3000, compositionOffset: -1 },
        { ...sample, data: Buffer.from('de'), duration: 3001, compositionOffset: 2, sync: false },
      ],
    },
    { trackId: 2, samples: [{ ...sample, data: Buffer.from('f'), decodeTime: 5, duration: 1024 }] },
  ])
  expect(tree(bytes).join('\n')).toBe(`moof
  mfhd 00000000 00000007
  traf
    tfhd 00020028 00000001 00000bb8 02000000
    tfdt 01000000 00000002 00000000
    trun 01000f01 00000002 000000d4 00000bb8 00000003 02000000 ffffffff 00000bb9 00000002 01010000 00000002
  traf
    tfhd 00020028 00000002 00000400 02000000
    tfdt 01000000 00000000 00000005
    trun 01000201 00000001 000000d9 00000001
mdat 61626364 6566`)
})
