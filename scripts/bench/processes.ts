import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { type ProcStat, parseKilobytes, parseProcStat } from './proc-stat.ts'

/** What the gateway consists of; `ffmpeg` are the packagers. */
export const parts = ['gateway', 'worker', 'ffmpeg'] as const
export type Part = (typeof parts)[number]
export type ByPart<T> = Record<Part, T>

export type Sample = {
  atMs: number
  /** CPU time used so far, user and system, in seconds. */
  cpuSeconds: ByPart<number>
  rssKb: ByPart<number>
  /** Proportional: memory that several processes share is split between them. */
  pssKb: ByPart<number>
  /** Processes of each part. */
  count: ByPart<number>
}

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** Reads what the gateway and its children have used so far. Only for Linux. */
export function sampleProcesses(gatewayPid: number): Sample {
  const members = familyOf(gatewayPid)
  const sum = (of: (stat: ProcStat) => number): ByPart<number> => {
    const total: ByPart<number> = { gateway: 0, worker: 0, ffmpeg: 0 }
    for (const { part, stat } of members) total[part] += of(stat)
    return total
  }
  return {
    atMs: performance.now(),
    cpuSeconds: sum(({ userTicks, systemTicks }) => (userTicks + systemTicks) / ticksPerSecond),
    rssKb: sum(({ pid }) => kilobytes(pid, 'status', 'VmRSS')),
    pssKb: sum(({ pid }) => kilobytes(pid, 'smaps_rollup', 'Pss')),
    count: sum(() => 1),
  }
}

/** Cores in use by each part between two samples. */
export function coresBetween(from: Sample, to: Sample): ByPart<number> {
  const seconds = (to.atMs - from.atMs) / 1_000
  const cores = (part: Part) => (to.cpuSeconds[part] - from.cpuSeconds[part]) / seconds
  return { gateway: cores('gateway'), worker: cores('worker'), ffmpeg: cores('ffmpeg') }
}

function familyOf(gatewayPid: number): { part: Part; stat: ProcStat }[] {
  const members: { part: Part; stat: ProcStat }[] = []
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const text = readProc(Number(entry), 'stat')
    if (text === null) continue
    const stat = parseProcStat(text)
    if (stat.pid === gatewayPid) members.push({ part: 'gateway', stat })
    else if (stat.parentPid === gatewayPid) {
      members.push({ part: stat.name.startsWith('mediasoup') ? 'worker' : 'ffmpeg', stat })
    }
  }
  return members
}

function kilobytes(pid: number, file: 'status' | 'smaps_rollup', key: string): number {
  return parseKilobytes(readProc(pid, file) ?? '', key) ?? 0
}

/** null when the process has ended since. */
function readProc(pid: number, file: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH'))
      return null
    throw error
  }
}
