// A process of its own for publishers and viewers, so that what they cost is not counted: forked by `load.ts`.
import { Cleanup } from '../../../src/cleanup.ts'
import type { LoadReply, LoadRequest } from './load.ts'
import { publishClip } from './publisher.ts'
import { watchStream } from './viewer.ts'
import { publishClipByWhip } from './whip-publisher.ts'

const cleanup = new Cleanup()

async function run({ gatewayUrl, streams, clip, ffmpegBinary, by }: LoadRequest): Promise<void> {
  for (const stream of streams) {
    const publish = by === 'whip' ? publishClipByWhip : publishClip
    cleanup.defer(await publish(gatewayUrl, stream, clip, ffmpegBinary))
    cleanup.defer(watchStream(gatewayUrl, stream))
  }
}

function reply(message: LoadReply): void {
  process.send?.(message)
}

process.once('message', (request: LoadRequest) => {
  run(request).then(
    () => reply({ ready: true }),
    (error: unknown) =>
      reply({ ready: false, error: error instanceof Error ? `${error.stack}` : String(error) }),
  )
})
// The bench closes the channel to end this process, or is gone itself.
process.once('disconnect', () => {
  cleanup.run().then(
    () => process.exit(0),
    (error) => {
      console.error(error)
      process.exit(1)
    },
  )
})
