import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Clip } from '../clips.ts'

export type LoadRequest = {
  gatewayUrl: string
  streams: readonly string[]
  clip: Clip
  ffmpegBinary: string
  /** page: by the protocol of the publish page · whip: by WHIP. */
  by: 'page' | 'whip'
}
export type LoadReply = { ready: true } | { ready: false; error: string }

/**
 * Publishes a clip on several streams and reads each of them once, from a process of its own.
 * @returns the undo, when everything publishes.
 */
export async function startLoad(request: LoadRequest): Promise<() => Promise<void>> {
  const child = fork(join(import.meta.dirname, 'load-main.ts'), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  const exited = once(child, 'exit')
  const answered = new Promise<LoadReply>((resolve) => {
    child.once('message', (message: LoadReply) => resolve(message))
    child.once('exit', (code) => resolve({ ready: false, error: `it ended with code ${code}` }))
  })
  child.send(request)
  const close = async (): Promise<void> => {
    if (child.connected) child.disconnect()
    await exited
  }
  const reply = await answered
  if (!reply.ready) {
    await close()
    throw new Error(`the load could not be started: ${reply.error}`)
  }
  return close
}
