import { expect, test } from 'vitest'
import { defaultSettings, parseSettings } from '../../../player/src/publish/capture/settings.ts'

test.each([
  ['nothing stored', null, {}],
  ['no object', 'text', {}],
  ['a list', [], {}],
  ['other types', { camera: 'yes', cameraId: 3, resolution: '8k', bitrateBps: 1 }, {}],
  [
    'a full set',
    {
      camera: false,
      cameraId: 'c',
      microphone: false,
      microphoneId: 'm',
      resolution: '360p',
      bitrateBps: 800_000,
    },
    {
      camera: false,
      cameraId: 'c',
      microphone: false,
      microphoneId: 'm',
      resolution: '360p',
      bitrateBps: 800_000,
    },
  ],
])('settings from %s', (_, stored, expected) => {
  expect(parseSettings(stored)).toEqual({ ...defaultSettings, ...expected })
})
