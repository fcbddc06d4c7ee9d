import { expect, test } from 'vitest'
import { chooseVideoCodec, codecFromQuery } from '../../../player/src/publish/connection/choose-codec.ts'

const h264 = (id: string, mode: number) => ({
  kind: 'video',
  mimeType: 'video/H264',
  parameters: { 'profile-level-id': id, 'packetization-mode': mode },
})
const opus = { kind: 'audio', mimeType: 'audio/opus' }
const vp8 = { kind: 'video', mimeType: 'video/VP8' }
const vp9 = { kind: 'video', mimeType: 'video/VP9' }
const main = h264('4d001f', 1)
const baseline = h264('42e01f', 1)
const baseline0 = h264('42e01f', 0)

test.each([
  ['baseline before the rest', [opus, vp8, main, baseline0, baseline, vp9], null, baseline],
  ['mode 1 before mode 0', [vp8, baseline0, main], null, main],
  ['mode 0 rather than VP8', [vp8, baseline0], null, baseline0],
  ['VP8 without H.264', [opus, vp9, vp8], null, vp8],
  ['VP9 alone', [opus, vp9], null, vp9],
  ['forced', [baseline, vp8], 'vp8', vp8],
  ['forced, but not there', [baseline, vp8], 'vp9', null],
  ['sound only', [opus], null, null],
] as const)('%s', (_, codecs, forced, expected) => {
  expect(chooseVideoCodec<(typeof codecs)[number]>(codecs, forced)).toBe(expected)
})

test.each([
  ['?codec=vp8', 'vp8'],
  ['?a=1&codec=H264', 'h264'],
  ['?codec=av1', null],
  ['', null],
])('query %s', (query, name) => {
  expect(codecFromQuery(query)).toBe(name)
})
