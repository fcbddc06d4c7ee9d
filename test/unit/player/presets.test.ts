import { expect, test } from 'vitest'
import { videoBitrateBps } from '../../../player/src/publish/capture/presets.ts'

test.each([
  ['720p', null, null, 2_500_000],
  ['1080p', null, 10_000_000, 4_500_000],
  ['360p', 4_000_000, null, 4_000_000],
  ['720p', 8_000_000, 5_000_000, 4_750_000],
  ['720p', null, 200_000, 100_000],
] as const)('%s, chosen %s, limit %s', (resolution, chosen, limit, bps) => {
  expect(videoBitrateBps(resolution, chosen, limit)).toBe(bps)
})
