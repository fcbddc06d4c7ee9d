import { Cleanup } from '../cleanup.ts'
import { startFfmpeg } from '../ffmpeg/process.ts'
import type { Log } from '../log.ts'
import { addPlainTrack, type PlainTrack, type RtpDestination } from '../sfu/plain-ingest.ts'
import { anonymous } from '../streams/may-take-over.ts'
import type { Registry } from '../streams/registry.ts'

/** What an ffmpeg sends: its inputs, and the options that encode (or copy) each track. */
export type RtpSource = {
  /** Options of the inputs, further inputs included, up to the last `-i`. */
  inputOptions: readonly string[]
  /** The last input. */
  input: string
  video: { codec: Exclude<PlainTrack, 'audio/opus'>; options: readonly string[] } | null
  /** Which of the inputs' streams is the audio, e.g. `1:a:0`. */
  audio: { map: string; options: readonly string[] } | null
}

export type RtpPublisherOptions = {
  registry: Registry
  streamName: string
  source: RtpSource
  ffmpegBinary: string
  log: Log
}

/** Bytes per RTP packet: below the usual MTU. */
const packetBytes = 1200

/**
 * Publishes what an ffmpeg of our own makes, by RTP over loopback: for the demo, the tests and the measurements.
 * @returns the undo, which ends the stream like a publisher's stop.
 */
export async function startRtpPublisher(options: RtpPublisherOptions): Promise<{ close(): Promise<void> }> {
  const { registry, streamName, source, ffmpegBinary, log } = options
  const cleanup = new Cleanup()
  const { stream, publication } = await registry.publish(streamName, {
    principal: anonymous,
    kinds: [...(source.video ? (['video'] as const) : []), ...(source.audio ? (['audio'] as const) : [])],
    onEnd: (error) => {
      log.warn({ stream: streamName, reason: error.message }, 'RTP publisher ended')
      cleanup.run().catch((cause) => log.error({ err: cause }, 'closing an RTP publisher failed'))
    },
  })
  cleanup.defer(() => stream.release(publication, 'stopped'))
  try {
    const outputs: string[][] = []
    if (source.video) {
      const to = await addPlainTrack(publication, source.video.codec)
      outputs.push(['-map', '0:v:0', ...source.video.options, ...rtpOutput(to)])
    }
    if (source.audio) {
      const to = await addPlainTrack(publication, 'audio/opus')
      outputs.push(['-map', source.audio.map, ...source.audio.options, ...rtpOutput(to)])
    }
    const all = outputs.flat()
    const ffmpeg = await startFfmpeg({
      binary: ffmpegBinary,
      inputOptions: ['-hide_banner', '-nostats', '-loglevel', 'level+warning', ...source.inputOptions],
      input: source.input,
      outputOptions: all.slice(0, -1),
      output: all.at(-1) ?? '',
      onLine: (line) => log.debug({ line }, 'RTP publisher'),
      log,
    })
    cleanup.defer(async () => void (await ffmpeg.stop()))
    ffmpeg.exited.then((exit) => {
      if (exit.clean) return
      log.warn({ stream: streamName, reason: exit.reason }, 'RTP publisher ended')
      return cleanup.run()
    })
  } catch (error) {
    await cleanup.run()
    throw error
  }
  return { close: () => cleanup.run() }
}

/** ffmpeg's rtp muxer takes one track, so each track is an output of its own; sender reports keep them in sync. */
function rtpOutput({ rtpPort, rtcpPort, payloadType, ssrc }: RtpDestination): string[] {
  const url = `rtp://127.0.0.1:${rtpPort}?rtcpport=${rtcpPort}&pkt_size=${packetBytes}`
  return ['-f', 'rtp', '-payload_type', String(payloadType), '-ssrc', String(ssrc), url]
}
