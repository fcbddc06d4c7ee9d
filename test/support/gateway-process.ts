import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import type { Cleanup } from '../../src/cleanup.ts'
import { freePort } from './free-ports.ts'

export type Ended = { code: number | null; signal: NodeJS.Signals | null }

/** The real program, started the way users do. */
export type GatewayProcess = {
  pid: number
  url: string
  ended: Promise<Ended>
  /** All that it printed so far. */
  output(): { stdout: string; stderr: string }
  signal(name: NodeJS.Signals): void
  /** Resolves when it says that it is ready. */
  ready(): Promise<void>
}

export type GatewayProcessOptions = {
  args?: readonly string[]
  settings?: Record<string, string | undefined>
  /** A program and its options that start the gateway as their own command, such as `prlimit --nofile=99`. */
  within?: readonly [string, ...string[]]
}

const main = join(import.meta.dirname, '../../src/main.ts')

/**
 * Starts `node src/main.ts` on free ports.
 * @param cleanup ends it by SIGKILL if it is still there.
 */
export async function startProcess(
  cleanup: Cleanup,
  options: GatewayProcessOptions = {},
): Promise<GatewayProcess> {
  // Away from the repository: nothing may depend on the directory.
  const directory = await mkdtemp(join(tmpdir(), 'sluice-process-'))
  cleanup.defer(() => rm(directory, { recursive: true }))
  const port = await freePort()
  const env: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    FFMPEG_PATH: process.env.FFMPEG_PATH,
    MEDIASOUP_WORKER_BIN: process.env.MEDIASOUP_WORKER_BIN,
    SLUICE_HTTP_PORT: String(port),
    SLUICE_RTC_PORT: String(await freePort()),
    SLUICE_WORKERS: '1',
    SLUICE_STATE_DIR: directory,
    ...options.settings,
  }
  const [program = '', ...words] = [
    ...(options.within ?? []),
    process.execPath,
    main,
    ...(options.args ?? []),
  ]
  const child = spawn(program, words, {
    cwd: directory,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const printed = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk: Buffer) => {
    printed.stdout += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    printed.stderr += chunk.toString()
  })
  const ended = endOf(child)
  cleanup.defer(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return {
    pid: child.pid ?? 0,
    url: `http://127.0.0.1:${port}`,
    ended,
    output: () => printed,
    signal: (name) => void child.kill(name),
    async ready() {
      const gone = ended.then(() => {
        throw new Error(`it ended: ${printed.stdout} ${printed.stderr}`)
      })
      const ready = vi.waitFor(
        () => {
          if (!printed.stdout.includes('Sluice is ready'))
            throw new Error(`it is not ready: ${printed.stdout} ${printed.stderr}`)
        },
        { timeout: 30_000, interval: 50 },
      )
      await Promise.race([ready, gone])
    },
  }
}

function endOf(child: ChildProcess): Promise<Ended> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
}
