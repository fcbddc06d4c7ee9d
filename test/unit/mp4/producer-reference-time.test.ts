import { describe, expect, test } from 'vitest'
import { GatewayError } from '../../../src/errors.ts'
import { readProducerReferenceTime } from '../../../src/mp4/producer-reference-time.ts'
import { box, fullBox, u32, u64 } from './make-box.ts'

describe('readProducerReferenceTime', () => {
  const ntpOf2026 = 1_767_225_600 + 2_208_988_800
  test.each([
    [
      'version 1',
      fullBox('prft', 1, 24, u32(7, ntpOf2026, 2 ** 31), u64(2n ** 40n)),
      1_767_225_600_500,
      2 ** 40,
    ],
    ['version 0', fullBox('prft', 0, 24, u32(7, ntpOf2026, 0, 90_000)), 1_767_225_600_000, 90_000],
    [
      'before time 0',
      fullBox('prft', 1, 24, u32(7, ntpOf2026, 0), u64(2n ** 64n - 1024n)),
      1_767_225_600_000,
      -1024,
    ],
    // 1 s after the 32 bits of NTP have wrapped.
    ['2036', fullBox('prft', 0, 24, u32(7, 1, 0, 90_000)), Date.UTC(2036, 1, 7, 6, 28, 17), 90_000],
  ])('%s', (_, bytes, ntpMs, mediaTime) => {
    expect(readProducerReferenceTime(bytes)).toEqual({ trackId: 7, ntpMs, mediaTime, flags: 24 })
  })

  test.each([
    ['another box', box('free')],
    ['too short', fullBox('prft', 1, 24, u32(7, ntpOf2026, 0, 1))],
  ])('%s is refused', (_, bytes) => {
    expect(() => readProducerReferenceTime(bytes)).toThrow(GatewayError)
  })
})
