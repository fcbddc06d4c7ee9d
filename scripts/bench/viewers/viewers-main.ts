// A process of its own for many viewers: forked by `viewers.ts`.
import { setTimeout as delay } from 'node:timers/promises'
import { LowLatencyViewer } from './low-latency-viewer.ts'
import { type PlaylistVersion, PlaylistVersions } from './playlist-versions.ts'
import type { ViewersReply, ViewersRequest, ViewersRun } from './viewers.ts'

/** Viewers that come at once, and the pause after them: as many as a server's backlog holds. */
const rampStep = 50
const rampEveryMs = 50
/** Until all wait for the same part. */
const settleMs = 3_000

const failures: string[] = []
let answers: { version: PlaylistVersion; atMs: number }[] = []
let parts = 0
let partBytes = 0

const events = {
  onPlaylist: (version: PlaylistVersion, atMs: number) => void answers.push({ version, atMs }),
  onPart(bytes: number) {
    parts += 1
    partBytes += bytes
  },
  onFailure: (reason: string) => void failures.push(reason),
}

async function start({ gatewayUrl, stream, viewers, parts: loadsParts }: ViewersRequest): Promise<void> {
  const index = new URL(`/hls/${stream}/index.m3u8`, gatewayUrl)
  const multivariant = await (await fetch(index)).text()
  const uri = multivariant.split('\n').find((line) => line !== '' && !line.startsWith('#'))
  if (uri === undefined) throw new Error('the multivariant playlist names no media playlist')
  const playlist = new URL(uri, index)
  const versions = new PlaylistVersions(playlist, stream)
  for (let made = 1; made <= viewers; made += 1) {
    new LowLatencyViewer({ playlist, versions, loadsParts, events })
    if (made % rampStep === 0) await delay(rampEveryMs)
  }
  await delay(settleMs)
}

async function measure(seconds: number): Promise<ViewersRun> {
  answers = []
  parts = 0
  partBytes = 0
  const cpu = process.cpuUsage()
  await delay(seconds * 1_000)
  const used = process.cpuUsage(cpu)
  const measured = { answers, parts, partBytes, cores: (used.user + used.system) / 1e6 / seconds }
  // They go on, and reading these takes a while.
  answers = []
  const delaysMs: number[] = []
  for (const { version, atMs } of measured.answers) {
    const readyAtMs = await version.readyAtMs
    if (readyAtMs !== undefined) delaysMs.push(atMs - readyAtMs)
  }
  return {
    delaysMs,
    reloads: measured.answers.length,
    parts: measured.parts,
    partBytes: measured.partBytes,
    cores: measured.cores,
    failures,
  }
}

function reply(message: ViewersReply): void {
  process.send?.(message)
}

process.on('message', (request: ViewersRequest | { seconds: number }) => {
  const work = 'seconds' in request ? measure(request.seconds) : start(request)
  work.then(
    (run) => reply({ run: run ?? null }),
    (error: unknown) => reply({ error: error instanceof Error ? `${error.stack}` : String(error) }),
  )
})
// The bench closes the channel to end this process, or is gone itself.
process.once('disconnect', () => process.exit(0))
