import { expect, test } from 'vitest'
import { needsTranscode, TranscodeSlots } from '../../src/transcode-slots.ts'

test('no more pictures are encoded than there are places, and a place is given back once', () => {
  const slots = new TranscodeSlots(2)
  const [first] = [slots.take(), slots.take()]
  expect(() => slots.take()).toThrow(expect.objectContaining({ code: 'TOO_MANY_TRANSCODES', status: 503 }))
  expect(slots.inUse).toBe(2)
  first?.()
  first?.()
  expect(slots.inUse).toBe(1)
  slots.take()
  expect(() => slots.take()).toThrow(/SLUICE_MAX_TRANSCODES/)
})

test.each([
  ['video/H264', false],
  ['video/h264', false],
  ['video/VP8', true],
  ['video/VP9', true],
  ['audio/opus', false],
])('%s has to be encoded: %s', (mimeType, encoded) => {
  expect(needsTranscode(mimeType)).toBe(encoded)
})
