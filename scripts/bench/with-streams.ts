import { type ClipCodec, makeClip } from './clips.ts'
import { type GatewayProcess, startGatewayProcess } from './gateway-process.ts'
import { startLoad } from './load/load.ts'
import type { Machine } from './machine.ts'
import { until } from './until.ts'

export type LiveStreams = {
  codec: ClipCodec
  streams: number
  machine: Machine
  /** Environment variables of the gateway; default: none. */
  settings?: Record<string, string>
  /** How they publish; default page. */
  by?: 'page' | 'whip'
}

/** Runs something while so many streams are live in a gateway of their own. */
export async function withStreams<T>(
  { codec, streams, machine: { ffmpegBinary }, settings, by = 'page' }: LiveStreams,
  work: (gateway: GatewayProcess, streams: readonly string[]) => Promise<T>,
): Promise<T> {
  const clip = await makeClip(codec, ffmpegBinary)
  const gateway = await startGatewayProcess(settings)
  try {
    const names = Array.from({ length: streams }, (_, index) => `bench${index + 1}`)
    const stopLoad = await startLoad({ gatewayUrl: gateway.url, streams: names, clip, ffmpegBinary, by })
    try {
      await until('all streams are playable', 30_000, async () => {
        const playable = (await gateway.snapshot()).filter(({ hls }) => hls?.playable)
        return playable.length === streams
      })
      const result = await work(gateway, names)
      const failures = (await gateway.snapshot()).reduce(
        (sum, { packager }) => sum + (packager?.failures ?? 1),
        0,
      )
      if (failures > 0) console.error(`  ${failures} failures of packagers: these figures are wrong`)
      return result
    } finally {
      await stopLoad()
    }
  } finally {
    await gateway.close()
    for (const line of gateway.complaints) console.error(`  gateway: ${line}`)
  }
}
