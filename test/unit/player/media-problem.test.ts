import { expect, test } from 'vitest'
import { explainInsecure, explainMediaError } from '../../../player/src/publish/capture/media-problem.ts'
import { previewNote } from '../../../player/src/publish/view/preview-note.ts'

test.each([
  ['camera', 'NotAllowedError', 'Permission denied', /not allowed to use the camera.*Try again/],
  ['camera', 'NotAllowedError', 'Permission denied by system', /operating system/],
  ['screen', 'NotAllowedError', 'Permission denied', /cancelled or not allowed/],
  ['microphone', 'NotFoundError', '', /No microphone was found/],
  ['camera', 'NotReadableError', '', /Another program/],
  ['camera', 'OverconstrainedError', '', /another picture size/],
  ['microphone', 'SecurityError', '', /own tab/],
  ['camera', 'TypeError', 'odd', /cannot be used: odd/],
] as const)('%s: %s (%s)', (device, name, message, text) => {
  expect(explainMediaError(device, { name, message })).toMatch(text)
})

test('an insecure page is told how to become a secure one', () => {
  expect(explainInsecure({ isSecureContext: true, host: 'localhost' })).toBeNull()
  const text = explainInsecure({ isSecureContext: false, host: '10.0.0.5:8080' })
  expect(text).toMatch(/http:\/\/10\.0\.0\.5:8080/)
  expect(text).toMatch(/https.*localhost/)
})

test.each([
  [{ video: true, audio: true, hidden: false }, ''],
  [{ video: true, audio: true, hidden: true }, 'Video hidden'],
  [{ video: false, audio: true, hidden: true }, 'No video. Viewers hear sound only.'],
  [{ video: false, audio: false, hidden: false }, 'No camera and no microphone'],
])('the preview of %j', (sends, note) => {
  expect(previewNote(sends)).toBe(note)
})
