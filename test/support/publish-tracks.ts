import { Cleanup } from '../../src/cleanup.ts'
import type { GatewayError } from '../../src/errors.ts'
import { startFfmpeg } from '../../src/ffmpeg/process.ts'
import { createLog } from '../../src/log.ts'
import { addPlainTrack, type PlainTrack, type RtpDestination } from '../../src/sfu/plain-ingest.ts'
import type { TrackKind } from '../../src/sfu/publication.ts'
import type { TestGateway } from './gateway.ts'

const log = createLog({ level: process.env.TEST_LOG ?? 'silent', pretty: false })

/** A publisher whose tracks come and go one by one. */
export type TrackPublisher = {
  resumeToken: string
  /** Set when the gateway ended the publication. */
  ended: { error: GatewayError; retry: boolean } | undefined
  /** Adds tracks and sends them from a clip. */
  send(path: string, ...tracks: PlainTrack[]): Promise<void>
  /** Ends a track the way a publisher does that closes its camera or microphone. */
  remove(kind: TrackKind): void
  /** Leaves; `lost`: without saying goodbye. */
  leave(how: 'stopped' | 'lost'): Promise<void>
}

/** Publishes on a stream; nothing is sent yet. */
export async function publishTracks(
  gateway: TestGateway,
  name: string,
  kinds: readonly TrackKind[],
  resumeToken?: string,
): Promise<TrackPublisher> {
  const cleanup = new Cleanup()
  const { stream, publication, ...published } = await gateway.app.registry.publish(name, {
    kinds,
    principal: 'anonymous',
    resumeToken,
    onEnd(error, retry) {
      publisher.ended = { error, retry }
      cleanup.run().catch((cause) => log.error({ err: cause }, 'a test publisher could not end'))
    },
  })
  const publisher: TrackPublisher = {
    resumeToken: published.resumeToken,
    ended: undefined,
    async send(path, ...tracks) {
      const destinations: RtpDestination[] = []
      for (const track of tracks) destinations.push(await addPlainTrack(publication, track))
      const options = tracks.flatMap((track, index) => rtpOutput(track, destinations[index]))
      const ffmpeg = await startFfmpeg({
        binary: gateway.app.ffmpegBinary,
        inputOptions: ['-hide_banner', '-nostats', '-loglevel', 'level+warning', '-re', '-stream_loop', '-1'],
        input: path,
        outputOptions: options.slice(0, -1),
        output: options.at(-1) ?? '',
        onLine: (line) => log.debug({ line }, 'test publisher'),
        log,
      })
      cleanup.defer(async () => void (await ffmpeg.kill()))
    },
    remove(kind) {
      publication.remove(publication.tracks.find((track) => track.kind === kind)?.id ?? '')
    },
    async leave(how) {
      await stream.release(publication, how)
      await cleanup.run()
    },
  }
  return publisher
}

function rtpOutput(track: PlainTrack, to: RtpDestination | undefined): string[] {
  if (!to) throw new Error(`${track} has no destination`)
  return [
    ...['-map', track === 'audio/opus' ? '0:a:0' : '0:v:0', '-c', 'copy', '-f', 'rtp'],
    ...['-payload_type', String(to.payloadType), '-ssrc', String(to.ssrc)],
    `rtp://127.0.0.1:${to.rtpPort}?rtcpport=${to.rtcpPort}&pkt_size=1200`,
  ]
}
