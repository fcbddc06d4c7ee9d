import { expect, test } from 'vitest'
import { audioLevel } from '../../../player/src/publish/capture/audio-level.ts'

test.each([
  ['silence', 0, 0],
  ['a whisper under the floor', 0.0005, 0],
  ['-30 dB', 10 ** (-30 / 20), 0.5],
  ['full scale', 1, 1],
])('%s', (_, amplitude, level) => {
  expect(audioLevel(new Float32Array(64).fill(amplitude))).toBeCloseTo(level, 4)
})
