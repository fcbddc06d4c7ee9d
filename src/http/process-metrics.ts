import { readFileSync } from 'node:fs'

/** One kind of process: the gateway itself, the media workers, every ffmpeg. */
export type ProcessMemory = { kind: 'gateway' | 'worker' | 'ffmpeg'; count: number; residentBytes: number }

/** What the processes of each kind hold of the machine's memory; one that is gone by now counts as nothing. */
export function processMemory(kind: ProcessMemory['kind'], pids: readonly number[]): ProcessMemory {
  const residentBytes = pids.reduce((sum, pid) => sum + residentBytesOf(pid), 0)
  return { kind, count: pids.length, residentBytes }
}

/** What the gateway has only so much of. */
export type Resources = {
  processes: readonly ProcessMemory[]
  media: { usedBytes: number; limitBytes: number }
  transcodes: { inUse: number; limit: number }
}

/** The lines for `/metrics`, in the text format of Prometheus. */
export function resourceMetricLines({ processes, media, transcodes }: Resources): string[] {
  return [
    ...gauge('sluice_media_bytes', 'Media that all streams hold in memory.', media.usedBytes),
    ...gauge('sluice_media_limit_bytes', 'What they may hold.', media.limitBytes),
    ...gauge('sluice_transcodes', 'Pictures that are encoded.', transcodes.inUse),
    ...gauge('sluice_transcodes_limit', 'Pictures that may be encoded.', transcodes.limit),
    '# HELP sluice_processes Processes of the gateway, by kind.',
    '# TYPE sluice_processes gauge',
    ...processes.map(({ kind, count }) => `sluice_processes{kind="${kind}"} ${count}`),
    '# HELP sluice_process_resident_bytes Memory that they hold (resident set size).',
    '# TYPE sluice_process_resident_bytes gauge',
    ...processes.map(
      ({ kind, residentBytes }) => `sluice_process_resident_bytes{kind="${kind}"} ${residentBytes}`,
    ),
  ]
}

function gauge(name: string, help: string, value: number): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, `${name} ${value}`]
}

function residentBytesOf(pid: number): number {
  try {
    return residentBytesIn(readFileSync(`/proc/${pid}/status`, 'latin1'))
  } catch {
    // It ended a moment ago, or this is not Linux.
    return 0
  }
}

/** From the text of `/proc/PID/status`, whose line is `VmRSS:	   55812 kB`. */
export function residentBytesIn(status: string): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
}
