import { expect, test } from 'vitest'
import { RtpCount } from '../../../scripts/bench/load/rtp-count.ts'
import { SegmentCount } from '../../../scripts/bench/segment-count.ts'

/** An RTP header. */
function packet(sequence: number, marker = false): Buffer {
  const bytes = Buffer.alloc(20)
  bytes[0] = 0x80
  bytes[1] = 96 | (marker ? 0x80 : 0)
  bytes.writeUInt16BE(sequence & 0xffff, 2)
  return bytes
}

test('RTP: frames, and packets that never came, over the wrap of the numbers', () => {
  const count = new RtpCount()
  for (const sequence of [65_533, 65_534, 65_536, 65_535, 65_539])
    count.add(packet(sequence, sequence === 65_536), 7)
  const rtcp = Buffer.alloc(28)
  rtcp[1] = 200
  count.add(rtcp)
  expect(count).toMatchObject({ packets: 5, frames: 1, expected: 7, lost: 2, firstAtMs: 7 })
})

test('HLS: segments, and what is missing between looks', () => {
  const playlist = (first: number, ...lines: string[]) =>
    [
      '#EXTM3U',
      '#EXT-X-VERSION:7',
      '#EXT-X-TARGETDURATION:2',
      `#EXT-X-MEDIA-SEQUENCE:${first}`,
      ...lines,
    ].join('\n')
  const segment = (name: string) => ['#EXTINF:2,', name]
  const count = new SegmentCount()
  count.look(playlist(0, ...segment('a'), ...segment('b')))
  count.look(playlist(1, ...segment('b'), ...segment('c')))
  expect(count).toMatchObject({ segments: 3, seconds: 6, lost: 0 })
  count.look(playlist(4, ...segment('e'), '#EXT-X-DISCONTINUITY', ...segment('f')))
  expect(count).toMatchObject({ segments: 5, seconds: 10, lost: 2 })
})
