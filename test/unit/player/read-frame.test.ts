import { expect, test } from 'vitest'
import { readFrame } from '../../../player/src/publish/connection/read-frame.ts'

const error = { code: 'INTERNAL', message: 'No.' }

test.each([
  ['reply', { id: 1, ok: true, data: {} }],
  ['reply', { id: null, ok: false, error }],
  ['notice', { type: 'status', stream: {} }],
  ['notice', { type: 'ended', error, retry: true }],
])('a %s: %j', (key, value) => {
  expect(readFrame(JSON.stringify(value))).toEqual({ [key]: value })
})

test.each([
  'nonsense',
  '7',
  'null',
  '{}',
  '{"id":1}',
  '{"id":1,"ok":true}',
  '{"id":"1","ok":true,"data":{}}',
  '{"type":"other"}',
  '{"type":"ended","retry":"yes","error":{}}',
])('not a frame: %s', (text) => {
  expect(readFrame(text)).toBeNull()
})
