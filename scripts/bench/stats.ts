/** Summary of several runs of the same measurement. */
export type Summary = { median: number; min: number; max: number; runs: number }

/**
 * The value below which a share of the values lies, interpolated between neighbours.
 * @param share 0 to 1
 * @throws RangeError when there are no values.
 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const place = share * (sorted.length - 1)
  const below = sorted[Math.floor(place)]
  const above = sorted[Math.ceil(place)]
  if (below === undefined || above === undefined) throw new RangeError('no values to take a percentile of')
  return below + (above - below) * (place - Math.floor(place))
}

/** @throws RangeError when there are no values. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5)
}

/** @throws RangeError when there are no values. */
export function summarize(values: readonly number[]): Summary {
  return {
    median: median(values),
    min: Math.min(...values),
    max: Math.max(...values),
    runs: values.length,
  }
}
