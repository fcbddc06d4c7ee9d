import { readdirSync, readFileSync } from 'node:fs'

/** Processes that this one (or `parent`) started and that are not gone; one that only waits to be collected is gone. */
export function childPids(parent = process.pid): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => stat(pid)?.parent === parent)
}

export function isAlive(pid: number): boolean {
  return stat(pid) !== undefined
}

/** Command line of a process, its arguments apart. */
export function commandLine(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean)
  } catch {
    // Gone by now.
    return []
  }
}

function stat(pid: number): { parent: number } | undefined {
  try {
    // `pid (name) state parent …`; the name may hold spaces and brackets.
    const [state, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    return state === 'Z' ? undefined : { parent: Number(parent) }
  } catch {
    // Gone.
    return undefined
  }
}
