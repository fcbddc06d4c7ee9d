import { expect, test } from 'vitest'
import { receiveBufferWarning } from '../../../src/ffmpeg/receive-buffer.ts'

test.each([
  ['212992', true],
  ['4194303', true],
  ['4194304', false],
  ['26214400', false],
  [undefined, false],
])('net.core.rmem_max of %s is worth a warning: %s', (rmemMax, warns) => {
  expect(receiveBufferWarning(rmemMax) !== undefined).toBe(warns)
})

test('the warning says what to set', () => {
  expect(receiveBufferWarning('212992')).toMatch(/212992 bytes.*sysctl -w net\.core\.rmem_max=4194304/)
})
