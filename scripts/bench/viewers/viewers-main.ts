// A process of its own: many viewers who wait for the next part. Prints one line of JSON.
// node viewers-main.ts <URL of index.m3u8> <viewers> <seconds>

import { setTimeout as delay } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import type { StreamSnapshot } from '../../../src/streams/snapshot.ts'
import { percentile } from '../stats.ts'
import { type Answer, ViewerSocket } from './viewer-socket.ts'

export type ViewersResult = {
  answers: number
  failures: number
  p50Ms: number
  p95Ms: number
  maxMs: number
}

/** Connections made per step, so that the server's backlog does not overflow. */
const rampStep = 100
const rampEveryMs = 50
const settleMs = 3_000

const [indexUrl = '', viewersText = '', secondsText = ''] = process.argv.slice(2)
const index = new URL(indexUrl)
const stream = index.pathname.split('/')[2] ?? ''

const multivariant = await (await fetch(index)).text()
const mediaUri = multivariant.split('\n').find((line) => line !== '' && !line.startsWith('#')) ?? ''
const media = new URL(mediaUri, index).pathname

/** Versions of the playlist by ETag: what to ask for next, and when the gateway had the part that made it. */
const versions = new Map<string, { next: string; readyAtMs: Promise<number> }>()
const answers: { etag: string; atMs: number }[] = []
let failures = 0
let measuring = false

function nextPath(playlist: string): string {
  const first = Number(/#EXT-X-MEDIA-SEQUENCE:(\d+)/.exec(playlist)?.[1])
  const skipped = Number(/SKIPPED-SEGMENTS=(\d+)/.exec(playlist)?.[1] ?? 0)
  const segments = playlist.match(/^#EXTINF/gm)?.length ?? 0
  const parts = playlist.slice(playlist.lastIndexOf('#EXTINF')).match(/^#EXT-X-PART:/gm)?.length ?? 0
  return `${media}?_HLS_msn=${first + skipped + segments}&_HLS_part=${parts}&_HLS_skip=YES`
}

/** When the newest fragment came out of the packager: asked for as soon as the first viewer has its playlist. */
async function readyAt(): Promise<number> {
  const answer = await fetch(new URL(`/api/streams/${stream}`, index))
  const snapshot: StreamSnapshot = await answer.json()
  return Date.parse(snapshot.feed?.newestAt ?? '')
}

function onAnswer({ head, body, atMs }: Answer): string | undefined {
  const etag = /\r\netag: (\S+)/i.exec(head)?.[1] ?? ''
  if (!head.startsWith('HTTP/1.1 200')) {
    failures += 1
    return `${media}`
  }
  let version = versions.get(etag)
  if (!version) {
    const gzipped = /\r\ncontent-encoding: gzip/i.test(head)
    version = { next: nextPath((gzipped ? gunzipSync(body) : body).toString()), readyAtMs: readyAt() }
    versions.set(etag, version)
  }
  if (measuring) answers.push({ etag, atMs })
  return version.next
}

const sockets: ViewerSocket[] = []
for (let made = 0; made < Number(viewersText); made += 1) {
  const socket = new ViewerSocket(index, onAnswer, () => {
    failures += 1
  })
  sockets.push(socket)
  socket.ask(media)
  if (made % rampStep === rampStep - 1) await delay(rampEveryMs)
}
await delay(settleMs)
measuring = true
await delay(Number(secondsText) * 1_000)
measuring = false
for (const socket of sockets) socket.close()

const delaysMs: number[] = []
for (const { etag, atMs } of answers) {
  const readyAtMs = await versions.get(etag)?.readyAtMs
  if (readyAtMs !== undefined) delaysMs.push(atMs - readyAtMs)
}
const result: ViewersResult = {
  answers: delaysMs.length,
  failures,
  p50Ms: percentile(delaysMs, 0.5),
  p95Ms: percentile(delaysMs, 0.95),
  maxMs: percentile(delaysMs, 1),
}
console.log(JSON.stringify(result))
