import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

export type ViewersRequest = {
  gatewayUrl: string
  stream: string
  viewers: number
  /** Whether they load the media, too. */
  parts: boolean
}
export type ViewersRun = {
  /** From the part being ready to the last byte of each playlist that lists it. */
  delaysMs: readonly number[]
  reloads: number
  parts: number
  partBytes: number
  /** That the viewers' process used. */
  cores: number
  /** All so far. */
  failures: readonly string[]
}
export type ViewersReply = { run: ViewersRun | null } | { error: string }

export type Viewers = {
  measure(seconds: number): Promise<ViewersRun>
  close(): Promise<void>
}

/** Viewers of one stream in a process of their own. Resolves when all of them wait for the next part. */
export async function startViewers(request: ViewersRequest): Promise<Viewers> {
  const child = fork(join(import.meta.dirname, 'viewers-main.ts'), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    serialization: 'advanced',
  })
  const exited = once(child, 'exit')
  const ask = async (message: ViewersRequest | { seconds: number }): Promise<ViewersRun | null> => {
    const answered = new Promise<ViewersReply>((resolve) => {
      child.once('message', (reply: ViewersReply) => resolve(reply))
      child.once('exit', (code) => resolve({ error: `they ended with code ${code}` }))
    })
    child.send(message)
    const reply = await answered
    if ('error' in reply) throw new Error(`the viewers failed: ${reply.error}`)
    return reply.run
  }
  const close = async (): Promise<void> => {
    if (child.connected) child.disconnect()
    await exited
  }
  try {
    await ask(request)
  } catch (error) {
    await close()
    throw error
  }
  return {
    close,
    async measure(seconds) {
      const run = await ask({ seconds })
      if (!run) throw new Error('the viewers measured nothing')
      return run
    },
  }
}
