import { readFile } from 'node:fs/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { startRtpPublisher } from '../../src/ingest/rtp-publisher.ts'
import { createLog } from '../../src/log.ts'
import { clip, clipSource } from '../support/clip.ts'
import { freeUdpPorts } from '../support/free-ports.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { childPids, commandLine } from '../support/processes.ts'

const cycles = 20
/** Cycles after which caches, pools and compiled code are there: what grows from then on stays. */
const warmUpCycles = 5
/**
 * Bound for the growth over the other cycles. One stream's ring and playlist window are about 0.5 MB of buffers
 * and far more than this bound if all of them stayed; one closure or map entry per cycle is far below it.
 */
const maxHeapGrowthBytes = 4 * 1024 * 1024
const maxBufferGrowthBytes = 2 * 1024 * 1024
const tapPorts = 60
const within = { timeout: 30_000, interval: 20 }
const log = createLog({ level: process.env.TEST_LOG ?? 'silent', pretty: false })

let gateway: TestGateway
let path: string
let firstPort: number

beforeAll(async () => {
  path = await clip()
  firstPort = await freeUdpPorts(tapPorts)
  gateway = await startGateway({
    SLUICE_ENDED_SECONDS: '0',
    SLUICE_TAP_PORT_MIN: String(firstPort),
    SLUICE_TAP_PORT_MAX: String(firstPort + tapPorts - 1),
  })
}, 120_000)
afterAll(async () => await gateway?.close())

test(`${cycles} publications leave nothing behind`, async () => {
  const before = await settledInventory()
  expect(before).toMatchObject({ processes: ['mediasoup-worker'], pairs: 0, udpPorts: [], streams: 0 })
  const memory: ReturnType<typeof usedMemory>[] = []
  for (let cycle = 0; cycle < cycles; cycle += 1) {
    await publishAndStop()
    if (cycle === warmUpCycles - 1 || cycle === cycles - 1) {
      // What ends in another process or at the next tick may take a moment.
      await vi.waitFor(async () => expectNoMore(await inventory(), before), within)
      memory.push(usedMemory())
    }
  }
  const [warm, last] = memory
  const heapGrowth = (last?.heap ?? 0) - (warm?.heap ?? 0)
  const bufferGrowth = (last?.buffers ?? 0) - (warm?.buffers ?? 0)
  const kilobytes = (bytes: number) => `${Math.round(bytes / 1024)} KB`
  console.log(
    `after ${cycles - warmUpCycles} more publications: heap ${kilobytes(heapGrowth)}, buffers ${kilobytes(bufferGrowth)}, resources ${JSON.stringify(before.resources)}`,
  )
  expect(heapGrowth).toBeLessThan(maxHeapGrowthBytes)
  expect(bufferGrowth).toBeLessThan(maxBufferGrowthBytes)
}, 180_000)

async function publishAndStop(): Promise<void> {
  const publisher = await startRtpPublisher({
    registry: gateway.app.registry,
    streamName: 'again',
    source: clipSource(path),
    ffmpegBinary: gateway.app.ffmpegBinary,
    log,
  })
  await vi.waitFor(() => expect(gateway.snapshot('again')?.state).toBe('live'), within)
  await publisher.close()
  await vi.waitFor(() => expect(gateway.snapshot('again')).toBeUndefined(), within)
}

/** The inventory as it is when it is compared: in `waitFor`, whose own timers count, too. */
function settledInventory(): Promise<Inventory> {
  return vi.waitFor(() => inventory(), within)
}

type Inventory = Awaited<ReturnType<typeof inventory>>

/** A timer of the start may still have run before. One that each publication left would be many by now. */
function expectNoMore(now: Inventory, before: Inventory): void {
  expect({ ...now, timers: 0 }).toEqual({ ...before, timers: 0 })
  expect(now.timers).toBeLessThanOrEqual(before.timers)
}

/** All that a publication takes and must give back. */
async function inventory() {
  const worker = await gateway.app.pool.usage()
  return {
    processes: childPids().map((pid) => commandLine(pid)[0]?.split('/').at(-1)),
    pairs: gateway.app.ports.inUse,
    udpPorts: await udpPortsInRange(),
    streams: gateway.app.registry.snapshot().length,
    worker,
    resources: countedResources(),
    timers: activeResources().filter((kind) => kind === 'Timeout').length,
  }
}

/** Ports of the tap range that any process has bound, by the kernel's table. */
async function udpPortsInRange(): Promise<number[]> {
  const table = await readFile('/proc/net/udp', 'latin1')
  return [...table.matchAll(/^\s*\d+: [0-9A-F]{8}:([0-9A-F]{4}) /gm)]
    .map(([, port]) => Number.parseInt(port ?? '', 16))
    .filter((port) => port >= firstPort && port < firstPort + tapPorts)
}

/** What keeps this process busy. Timers count only when they keep it alive. */
function activeResources(): string[] {
  return process.getActiveResourcesInfo()
}

/** The same by kind, without timers. */
function countedResources(): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const kind of activeResources()) {
    // Requests in flight come and go with each look at /proc.
    if (kind.endsWith('Req') || kind.includes('Promise') || kind === 'Immediate' || kind === 'Timeout')
      continue
    counts[kind] = (counts[kind] ?? 0) + 1
  }
  return counts
}

/** After a full collection. */
function usedMemory(): { heap: number; buffers: number } {
  collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return { heap: heapUsed, buffers: arrayBuffers }
}

setFlagsFromString('--expose-gc')
const collectGarbage = z.function({ input: [], output: z.unknown() }).implement(runInNewContext('gc'))
