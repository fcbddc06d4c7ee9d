import { expect, test } from 'vitest'
import {
  formatBitrate,
  formatClock,
  formatDuration,
  formatHeight,
  secondsUntil,
} from '../../../player/src/common/format.ts'
import { qualityText } from '../../../player/src/common/quality-text.ts'

test.each([
  [0, '0 kbit/s'],
  [850_400, '850 kbit/s'],
  [999_499, '999 kbit/s'],
  [999_500, '1.0 Mbit/s'],
  [2_130_000, '2.1 Mbit/s'],
])('bitrate %d', (bps, text) => {
  expect(formatBitrate(bps)).toBe(text)
})

test.each([
  [-5, '0 s', '0:00'],
  [59_999, '59 s', '0:59'],
  [60_000, '1 min', '1:00'],
  [3_599_000, '59 min', '59:59'],
  [3_900_000, '1 h 05 min', '1:05:00'],
])('duration %d ms', (ms, duration, clock) => {
  expect(formatDuration(ms)).toBe(duration)
  expect(formatClock(ms)).toBe(clock)
})

test.each([
  [1280, 720, '720p'],
  [720, 1280, '720p'],
])('a picture of %d × %d', (width, height, text) => {
  expect(formatHeight(width, height)).toBe(text)
})

test.each([
  [10_000, 6001, 4],
  [10_000, 10_000, 0],
  [10_000, 12_000, 0],
])('seconds until %d at %d', (atMs, nowMs, seconds) => {
  expect(secondsUntil(atMs, nowMs)).toBe(seconds)
})

test.each([
  [{ width: 1280, height: 720, framesPerSecond: 29.97, bitrateBps: 2.1e6 }, '720p · 30 fps · 2.1 Mbit/s'],
  [{ width: null, height: null, framesPerSecond: null, bitrateBps: 128_000 }, '128 kbit/s'],
  [{ width: null, height: null, framesPerSecond: null, bitrateBps: null }, ''],
])('quality %j', (quality, text) => {
  expect(qualityText(quality)).toBe(text)
})
