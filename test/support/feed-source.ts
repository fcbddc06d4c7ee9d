import { EpochReader } from '../../src/feed/epoch-reader.ts'
import { Feed } from '../../src/feed/feed.ts'
import { fragmentLengthOf } from '../../src/feed/fragment-length.ts'
import { type FfmpegProcess, startFfmpeg } from '../../src/ffmpeg/process.ts'
import { createLog } from '../../src/log.ts'

/** A feed that real media runs into: a test picture and a tone, at the speed of life. */
export type FeedSource = {
  feed: Feed
  /** Ends the media; the feed stays. */
  pause(): Promise<void>
  /** Goes on with a new epoch of the same feed; resolves at its first fragment. */
  resume(): Promise<void>
  /** Ends the media and the feed; resolves when ffmpeg is gone. May be called twice. */
  stop(): Promise<void>
}

export type FeedSourceOptions = { binary?: string; videoBitrate?: string }

const log = createLog({ level: 'silent', pretty: false })

/** Starts a source of H.264 640×360 at 30 fps with a keyframe every 2 s, and AAC; resolves at its first fragment. */
export async function startFeedSource(options: FeedSourceOptions = {}): Promise<FeedSource> {
  const feed = new Feed({ maxSeconds: 6, maxBytes: 32 * 1024 * 1024 })
  let ffmpeg: FfmpegProcess | null = null

  const resume = async (): Promise<void> => {
    const first = Promise.withResolvers<void>()
    const reader = new EpochReader({
      copiedVideo: false,
      fragmentLength: fragmentLengthOf(0.2),
      onFragment(fragment) {
        feed.append(fragment)
        first.resolve()
      },
      onPictureChange: () => undefined,
    })
    ffmpeg = await startFfmpeg({
      binary: options.binary ?? 'ffmpeg',
      inputOptions: ['-loglevel', 'level+error', '-re', '-f', 'lavfi'],
      input: 'testsrc2=size=640x360:rate=30[out0];sine=frequency=440:sample_rate=48000[out1]',
      outputOptions: [
        ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '60'],
        ...(options.videoBitrate ? ['-b:v', options.videoBitrate] : []),
        ...['-c:a', 'aac', '-ac', '2'],
        ...['-f', 'mp4', '-movflags', '+cmaf+delay_moov+frag_keyframe+skip_trailer'],
        ...['-frag_duration', '22000', '-flush_packets', '1'],
      ],
      output: null,
      onOutput: (chunk) => reader.push(chunk),
      log,
    })
    const ended = ffmpeg.exited.then(({ reason }) => {
      throw new Error(`the test source ended before its first fragment: ffmpeg ${reason}`)
    })
    await Promise.race([first.promise, ended])
  }
  const pause = async (): Promise<void> => void (await ffmpeg?.kill())

  await resume()
  return {
    feed,
    resume,
    pause,
    async stop() {
      await pause()
      feed.end()
    },
  }
}
