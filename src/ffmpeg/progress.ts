/** One report of `-progress`: what an ffmpeg has written so far. */
export type Progress = {
  /** Bytes written to the output. */
  totalBytes: number
  /** Media time written, in seconds; null while ffmpeg prints N/A. */
  outSeconds: number | null
}

/**
 * Collects `key=value` lines of `-progress` until a block is whole.
 * @returns a function that takes each line and gives the report when the line ends a block, `undefined` when the
 * block goes on, and `null` when the line is no progress line at all.
 */
export function createProgressParser(): (line: string) => Progress | undefined | null {
  let totalBytes = 0
  let outSeconds: number | null = null
  return (line) => {
    const match = /^([a-z_0-9]+)=\s*(\S*)\s*$/.exec(line)
    if (!match) return null
    const [, key, value] = match
    if (key === 'total_size') totalBytes = Number(value) || 0
    if (key === 'out_time_us') outSeconds = /^-?\d+$/.test(value ?? '') ? Number(value) / 1e6 : null
    return key === 'progress' ? { totalBytes, outSeconds } : undefined
  }
}
