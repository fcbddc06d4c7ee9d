import { setTimeout as delay } from 'node:timers/promises'
import { Cleanup } from '../../../src/cleanup.ts'
import { startGateway, type TestGateway } from '../gateway.ts'
import { fuzzHttp } from './fuzz-http.ts'
import { fuzzMp4 } from './fuzz-mp4.ts'
import { fuzzWhep, fuzzWhip } from './fuzz-offers.ts'
import { fuzzPackets } from './fuzz-packets.ts'
import { FuzzFinding, type Outcomes } from './fuzz-run.ts'
import { fuzzWebsocket } from './fuzz-websocket.ts'

const surfaces = [fuzzWebsocket, fuzzWhip, fuzzWhep, fuzzHttp, fuzzPackets, fuzzMp4]

export type FuzzResult = { name: string; inputs: number; outcomes: Outcomes }

/**
 * Throws inputs of all kinds at a gateway of its own, the same ones for the same seed.
 * @throws FuzzFinding for a crash, a wrong answer, or something that is left over.
 */
export async function fuzz(inputs: number, seed: number): Promise<FuzzResult[]> {
  const cleanup = new Cleanup()
  const gateway = await startGateway({
    ...{ SLUICE_ENDED_SECONDS: '0', SLUICE_RESUME_SECONDS: '0' },
    ...{ SLUICE_MAX_SOCKETS: '1000', SLUICE_MAX_WAITING_REQUESTS: '1000' },
  })
  cleanup.defer(() => gateway.close())
  try {
    const pids = gateway.app.pool.pids
    const results: FuzzResult[] = []
    for (const { name, share, run } of surfaces) {
      const own = new Cleanup()
      const before = await inventory(gateway)
      const count = Math.max(1, Math.round(inputs * share))
      const outcomes = await run({ gateway, cleanup: own }, count, seed).finally(() => own.run())
      if (gateway.app.pool.pids.join() !== pids.join())
        throw new FuzzFinding(`a worker died of ${name}`, `seed ${seed}`)
      await nothingIsLeft(gateway, before, name)
      results.push({ name, inputs: count, outcomes })
    }
    return results
  } finally {
    await cleanup.run()
  }
}

async function inventory(gateway: TestGateway): Promise<string> {
  const { pool, ports, registry } = gateway.app
  return JSON.stringify({ ...(await pool.usage()), ports: ports.inUse, streams: registry.snapshot().length })
}

/** What ends needs a moment; what does not end is a leak. */
async function nothingIsLeft(gateway: TestGateway, before: string, name: string): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    if ((await inventory(gateway)) === before) return
    await delay(100)
  }
  throw new FuzzFinding(`${name} left something behind`, { before, after: await inventory(gateway) })
}
