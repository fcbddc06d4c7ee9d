// A process of its own for one publisher and many WHEP viewers, forked by `viewers.ts`.
import { Cleanup } from '../../../src/cleanup.ts'
import { until } from '../until.ts'
import type { ViewersReport, ViewersRequest } from './viewers.ts'
import { type WhepViewer, watchByWhep } from './whep-viewer.ts'
import { publishClipByWhip } from './whip-publisher.ts'

const cleanup = new Cleanup()
const viewers: WhepViewer[] = []
let ended = 0
/** New viewers a second: all at once is another measurement. */
const joinEveryMs = 50

async function run({ gatewayUrl, stream, clip, ffmpegBinary, count }: ViewersRequest): Promise<void> {
  cleanup.defer(await publishClipByWhip(gatewayUrl, stream, clip, ffmpegBinary))
  for (let index = 0; index < count; index += 1) {
    await new Promise((resolve) => setTimeout(resolve, joinEveryMs))
    const viewer = await watchByWhep(gatewayUrl, stream, clip.codec)
    cleanup.defer(() => viewer.close())
    viewer.ended.then(() => (ended += 1))
    viewers.push(viewer)
  }
  await until('all viewers get a picture', 30_000, () => viewers.every(({ video }) => video.frames > 0))
}

function report(): ViewersReport {
  const sum = (of: (viewer: WhepViewer) => number) => viewers.reduce((total, viewer) => total + of(viewer), 0)
  return {
    viewers: viewers.length - ended,
    frames: sum(({ video }) => video.frames),
    packets: sum(({ video, audio }) => video.packets + audio.packets),
    bytes: sum(({ video, audio }) => video.bytes + audio.bytes),
    lost: sum(({ video, audio }) => video.lost + audio.lost),
    firstPacketMs: viewers.map(({ video, postedAtMs }) => (video.firstAtMs ?? Number.NaN) - postedAtMs),
  }
}

process.on('message', (message: ViewersRequest | 'report') => {
  if (message === 'report') {
    process.send?.(report())
    return
  }
  run(message).then(
    () => process.send?.('ready'),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})
process.once('disconnect', () => {
  cleanup.run().finally(() => process.exit(0))
})
