import { setTimeout as delay } from 'node:timers/promises'
import type { Cleanup } from '../../src/cleanup.ts'
import type { TargetState } from '../../src/push/target-snapshot.ts'
import type { TargetDetails } from '../../src/targets/target-details.ts'
import { httpServer, resettingProxy, tcpServer } from '../../test/support/faulty-servers.ts'
import {
  freePort,
  type NginxRtmp,
  type NginxRtmpOptions,
  startNginxRtmp,
} from '../../test/support/nginx-rtmp.ts'
import type { TargetsClient } from '../../test/support/targets-client.ts'
import { until } from './until.ts'

/** What a fault led to. Times from the fault, and from its end, in ms. */
export type FaultResult = { fault: string; noticedMs: number; recoveredMs: number | null; said: string }

type Setting = { targets: TargetsClient; cleanup: Cleanup; key: string; streamBytesPerSecond: number }
type Fault = { name: string; run: (setting: Setting, name: string) => Promise<Omit<FaultResult, 'fault'>> }

const frozenMs = 20_000
const downMs = 60_000

/** The faults that RTMP servers have, each with a server of its own. */
const faults: readonly Fault[] = [
  {
    name: 'refuses the connection, then is there',
    async run(setting, name) {
      const port = await freePort()
      const beganMs = Date.now()
      await add(setting, name, `rtmp://127.0.0.1:${port}/live`)
      const failed = await reaches(setting, name, 'retrying', 5_000)
      await server(setting, { port })
      return result(failed, beganMs, await recovery(setting, name, Date.now()))
    },
  },
  {
    name: 'takes the connection and says nothing',
    async run(setting, name) {
      const port = await tcpServer(setting.cleanup, () => undefined)
      const beganMs = Date.now()
      await add(setting, name, `rtmp://127.0.0.1:${port}/live`)
      return result(await reaches(setting, name, 'retrying', 20_000), beganMs, null)
    },
  },
  {
    name: 'stops reading for 20 s (SIGSTOP)',
    async run(setting, name) {
      const frozen = await live(setting, name)
      const beganMs = Date.now()
      frozen.freeze()
      const failed = await reaches(setting, name, 'retrying', 30_000)
      await delay(frozenMs - (Date.now() - beganMs))
      frozen.thaw()
      return result(failed, beganMs, await recovery(setting, name, Date.now()))
    },
  },
  {
    name: 'resets the connection every 10 s',
    async run(setting, name) {
      const behind = await server(setting)
      const port = await resettingProxy(setting.cleanup, behind.port, 10_000)
      await add(setting, name, `rtmp://127.0.0.1:${port}/live`)
      await reaches(setting, name, 'live', 10_000)
      const failed = await reaches(setting, name, 'retrying', 15_000)
      const lostMs = Date.parse(failed.since)
      return result(failed, lostMs, await recovery(setting, name, lostMs))
    },
  },
  {
    name: 'has a name that does not resolve',
    async run(setting, name) {
      const beganMs = Date.now()
      await add(setting, name, 'rtmp://no-such-host.invalid/live')
      return result(await reaches(setting, name, 'retrying', 12_000), beganMs, null)
    },
  },
  {
    name: 'rejects the key (on_publish: 403)',
    async run(setting, name) {
      const door = await httpServer(setting.cleanup, 403)
      const strict = await server(setting, { onPublish: door.url })
      const beganMs = Date.now()
      await add(setting, name, strict.url)
      return result(await reaches(setting, name, 'refused', 10_000), beganMs, null)
    },
  },
  {
    name: 'is down for 60 s and comes back',
    async run(setting, name) {
      const first = await live(setting, name)
      const beganMs = Date.now()
      await first.stop()
      const failed = await reaches(setting, name, 'retrying', 5_000)
      await delay(downMs)
      await server(setting, { port: first.port })
      return result(failed, beganMs, await recovery(setting, name, Date.now()))
    },
  },
  {
    name: 'takes half of what the stream has',
    async run(setting, name) {
      const slow = await server(setting, { slowBytesPerSecond: setting.streamBytesPerSecond / 2 })
      await add(setting, name, slow.slowUrl)
      await reaches(setting, name, 'live', 15_000)
      const beganMs = Date.now()
      await until(
        'parts are left out',
        90_000,
        async () => (await setting.targets.get(name)).droppedFragments > 0,
      )
      const noticedMs = Date.now() - beganMs
      await delay(30_000)
      const { state, lastError, droppedSeconds } = await setting.targets.get(name)
      return {
        noticedMs,
        recoveredMs: null,
        said: `${state}: ${lastError} (${droppedSeconds} s left out in 30 s)`,
      }
    },
  },
]

/** Lets all faults happen at the same time, to targets of one stream. */
export async function measureFaults(setting: Setting): Promise<FaultResult[]> {
  return await Promise.all(
    faults.map(async ({ name, run }, index) => ({ fault: name, ...(await run(setting, `fault${index}`)) })),
  )
}

async function add({ targets, key }: Setting, name: string, url: string): Promise<void> {
  await targets.add({ name, url, key })
}

async function server({ cleanup }: Setting, options: NginxRtmpOptions = {}): Promise<NginxRtmp> {
  const started = await startNginxRtmp(options)
  cleanup.defer(() => started.stop())
  return started
}

async function live(setting: Setting, name: string): Promise<NginxRtmp> {
  const started = await server(setting)
  await add(setting, name, started.url)
  await reaches(setting, name, 'live', 15_000)
  return started
}

async function reaches(
  { targets }: Setting,
  name: string,
  state: TargetState,
  timeoutMs: number,
): Promise<TargetDetails> {
  await until(`${name} is ${state}`, timeoutMs, async () => (await targets.get(name)).state === state)
  return await targets.get(name)
}

async function recovery(setting: Setting, name: string, sinceMs: number): Promise<number> {
  const { since } = await reaches(setting, name, 'live', 60_000)
  return Math.max(0, Date.parse(since) - sinceMs)
}

function result(
  failed: TargetDetails,
  beganMs: number,
  recoveredMs: number | null,
): Omit<FaultResult, 'fault'> {
  const noticedMs = Math.max(0, Date.parse(failed.since) - beganMs)
  return { noticedMs, recoveredMs, said: `${failed.state} (${failed.errorClass}): ${failed.lastError}` }
}
