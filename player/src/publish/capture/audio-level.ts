const floorDb = -60

/** How far a level meter goes out, 0…1 over 60 dB, for samples between -1 and 1. */
export function audioLevel(samples: Float32Array): number {
  let sum = 0
  for (const sample of samples) sum += sample * sample
  const rms = Math.sqrt(sum / Math.max(1, samples.length))
  const db = 20 * Math.log10(Math.max(rms, 1e-6))
  return Math.min(1, Math.max(0, 1 - db / floorDb))
}
