import { expect, vi } from 'vitest'
import { z } from 'zod'
import type { Cleanup } from '../../src/cleanup.ts'
import { type GatewayProcess, startProcess } from './gateway-process.ts'
import { childPids, isAlive } from './processes.ts'

/** A gateway of its own process whose demo is live. */
export type LiveDemo = {
  gateway: GatewayProcess
  /** Every process that it started: the media worker, the demo's sender, the packager. */
  pids: number[]
  packagerPid: number
}

const within = { timeout: 30_000, interval: 50 }

const snapshotSchema = z.object({
  state: z.literal('live'),
  packager: z.object({ pid: z.int() }),
  hls: z.object({ playable: z.literal(true) }),
})

/** Starts `node src/main.ts --demo` and waits until it can be watched. */
export async function liveDemo(cleanup: Cleanup, settings: Record<string, string> = {}): Promise<LiveDemo> {
  const gateway = await startProcess(cleanup, {
    args: ['--demo'],
    settings: { SLUICE_SEGMENT_SECONDS: '1', ...settings },
  })
  await gateway.ready()
  const packagerPid = await vi.waitFor(async () => {
    const snapshot = await fetch(`${gateway.url}/api/streams/demo`)
    return snapshotSchema.parse(await snapshot.json()).packager.pid
  }, within)
  const pids = childPids(gateway.pid)
  // What a failing gateway leaves behind must not stay behind its test.
  cleanup.defer(() => {
    for (const pid of pids.filter(isAlive)) process.kill(pid, 'SIGKILL')
  })
  expect(pids).toContain(packagerPid)
  expect(pids).toHaveLength(3)
  return { gateway, pids, packagerPid }
}
