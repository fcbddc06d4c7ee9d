import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Clip } from '../clips.ts'

export type ViewersRequest = {
  gatewayUrl: string
  stream: string
  clip: Clip
  ffmpegBinary: string
  count: number
}

/** Totals over all viewers since they came. */
export type ViewersReport = {
  viewers: number
  frames: number
  packets: number
  bytes: number
  lost: number
  /** Of each viewer: from its POST to its first packet of video. */
  firstPacketMs: readonly number[]
}

export type Viewers = { report(): Promise<ViewersReport>; close(): Promise<void> }

/** Publishes a clip by WHIP and watches it so many times by WHEP, from a process of its own. */
export async function startViewers(request: ViewersRequest): Promise<Viewers> {
  const child = fork(join(import.meta.dirname, 'viewers-main.ts'), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  const exited = once(child, 'exit')
  const next = async <T>(): Promise<T> => {
    const [message] = await Promise.race([
      once(child, 'message'),
      exited.then(([code]) => Promise.reject(new Error(`the viewers ended with code ${code}`))),
    ])
    return message
  }
  child.send(request)
  await next()
  return {
    async report() {
      child.send('report')
      return await next<ViewersReport>()
    },
    async close() {
      if (child.connected) child.disconnect()
      await exited
    },
  }
}
