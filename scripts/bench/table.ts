import type { Summary } from './stats.ts'

export type Table = {
  title: string
  columns: readonly string[]
  rows: ReadonlyArray<readonly string[]>
  /** What a reader has to know to compare the figures with others. */
  notes: readonly string[]
}

/** A table as text: aligned columns, the first to the left and the others to the right, notes below. */
export function formatTable({ title, columns, rows, notes }: Table): string {
  const widths = columns.map((column, index) =>
    Math.max(column.length, ...rows.map((row) => (row[index] ?? '').length)),
  )
  const line = (cells: readonly string[]) =>
    widths
      .map((width, index) =>
        index === 0 ? (cells[index] ?? '').padEnd(width) : (cells[index] ?? '').padStart(width),
      )
      .join('  ')
      .trimEnd()
  const rule = widths.map((width) => '-'.repeat(width)).join('  ')
  return [
    title,
    '',
    line(columns),
    rule,
    ...rows.map(line),
    ...(notes.length > 0 ? ['', ...notes.map((note) => `  ${note}`)] : []),
  ].join('\n')
}

/** `0.0231 (0.0228–0.0240)`: median, and the range when there was more than one run. */
export function formatSummary({ median, min, max, runs }: Summary, digits: number): string {
  const middle = median.toFixed(digits)
  return runs > 1 ? `${middle} (${min.toFixed(digits)}–${max.toFixed(digits)})` : middle
}
