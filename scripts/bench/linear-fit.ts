export type Point = { x: number; y: number }

/**
 * The straight line through points by least squares.
 * @throws RangeError for fewer than two different x.
 */
export function linearFit(points: readonly Point[]): { slope: number; intercept: number } {
  const meanX = mean(points.map(({ x }) => x))
  const meanY = mean(points.map(({ y }) => y))
  let covariance = 0
  let variance = 0
  for (const { x, y } of points) {
    covariance += (x - meanX) * (y - meanY)
    variance += (x - meanX) ** 2
  }
  if (!(variance > 0)) throw new RangeError('a line needs two points with different x')
  const slope = covariance / variance
  return { slope, intercept: meanY - slope * meanX }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
