import { expect, test } from 'vitest'
import { deviceOptions } from '../../../player/src/publish/view/device-options.ts'

const camera = (deviceId: string, label: string) => ({ kind: 'videoinput', deviceId, label })

test.each([
  ['no permission yet', [camera('', '')], [['', "Camera (the browser's choice)"]]],
  [
    'named and nameless cameras, other devices left out',
    [camera('a', 'Front'), { kind: 'audioinput', deviceId: 'm', label: 'Mic' }, camera('b', '')],
    [
      ['a', 'Front'],
      ['b', 'Camera 2'],
    ],
  ],
])('%s', (_, devices, expected) => {
  const options = deviceOptions(devices, 'videoinput').map(({ value, label }) => [value, label])
  expect(options).toEqual([...expected, ['none', 'No camera']])
})
