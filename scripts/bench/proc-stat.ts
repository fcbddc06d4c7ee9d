/** What /proc/PID/stat says that is of interest here. */
export type ProcStat = {
  pid: number
  name: string
  parentPid: number
  userTicks: number
  systemTicks: number
}

/**
 * Reads the text of /proc/PID/stat (proc_pid_stat(5)). The name is in parentheses and may hold spaces and
 * parentheses itself, so the last closing one counts.
 * @throws SyntaxError when it is something else.
 */
export function parseProcStat(text: string): ProcStat {
  const match = /^(\d+) \((.*)\) (.+)$/s.exec(text)
  if (!match) throw new SyntaxError('not the text of /proc/PID/stat')
  const [, pid, name = '', rest = ''] = match
  // The first of these is field 3 of the man page.
  const fields = rest.trim().split(/\s+/)
  const field = (number: number): number => Number(fields[number - 3])
  return {
    pid: Number(pid),
    name,
    parentPid: field(4),
    userTicks: field(14),
    systemTicks: field(15),
  }
}

/**
 * Reads a value in kB from the text of /proc/PID/status or /proc/PID/smaps_rollup, e.g. `VmRSS:     57712 kB`.
 * @returns null when there is no such line.
 */
export function parseKilobytes(text: string, key: string): number | null {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${key}:`))
  const value = /:\s*(\d+) kB$/.exec(line ?? '')?.[1]
  return value === undefined ? null : Number(value)
}
