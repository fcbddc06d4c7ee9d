import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { StreamSnapshot } from '../../src/streams/stream-snapshot.ts'
import { freePort } from '../../test/support/free-ports.ts'
import { until } from './until.ts'

/** A gateway as users run it: a process of its own, with the default settings, on free ports. */
export type GatewayProcess = {
  pid: number
  /** `http://127.0.0.1:PORT` */
  url: string
  snapshot(): Promise<StreamSnapshot[]>
  /** Warnings and errors that it logged. */
  complaints: readonly string[]
  close(): Promise<void>
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const startMs = 20_000

export async function startGatewayProcess(settings: Record<string, string> = {}): Promise<GatewayProcess> {
  const url = `http://127.0.0.1:${await freePort()}`
  const stateDir = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'src/main.ts'], {
    cwd: root,
    env: {
      ...process.env,
      SLUICE_HTTP_PORT: new URL(url).port,
      SLUICE_RTC_PORT: String(await freePort()),
      SLUICE_LOG_PRETTY: 'false',
      SLUICE_STATE_DIR: stateDir,
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const complaints: string[] = []
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    // pino's levels: 40 is a warning.
    complaints.push(...lines.filter((line) => /^\{"level":[456]0,/.test(line)))
  })
  const exited = once(child, 'exit')
  const { pid } = child
  if (pid === undefined) throw new Error('the gateway could not be started')
  const close = async (): Promise<void> => {
    child.kill('SIGTERM')
    await exited
    await rm(stateDir, { recursive: true, force: true })
  }
  try {
    await until('the gateway is ready', startMs, () => {
      if (child.exitCode !== null) throw new Error(`the gateway ended with code ${child.exitCode}`)
      return isReady(url)
    })
  } catch (error) {
    await close()
    throw error
  }
  return {
    pid,
    url,
    complaints,
    close,
    async snapshot() {
      const answer: { streams: StreamSnapshot[] } = await (await fetch(`${url}/api/streams`)).json()
      return answer.streams
    },
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`)).ok
  } catch {
    return false // it does not listen yet
  }
}
