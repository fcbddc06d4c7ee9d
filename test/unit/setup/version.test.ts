import { expect, test } from 'vitest'
import { isAtLeast, versionNumbers } from '../../../scripts/setup/version.mjs'

test.each([
  ['v22.18.0', '22.18.0', true],
  ['v22.9.0', '22.18.0', false], // 9 is less than 18, though not as text
  ['v24.0.0', '22.18.0', true],
  ['v20.20.2', '22.18.0', false],
  ['1.0.1', '1.1.0', false],
  ['1.1', '1.1.0', true],
  ['1.7.0-1~bpo12+1', '1.1.0', true],
  ['1:1.0.1-5', '1.1.0', false],
  ['1.12.1\n', '1.1.0', true],
  ['', '1.1.0', false],
  ['(none)', '1.1.0', false],
])('%s is at least %s: %s', (version, minimum, expected) => {
  expect(isAtLeast(version, minimum)).toBe(expected)
})

test('the epoch of a Debian version is not part of it', () => {
  expect(versionNumbers('2:10.4-1')).toEqual([10, 4])
})
