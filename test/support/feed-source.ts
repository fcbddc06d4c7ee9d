import { Feed } from '../../src/feed/feed.ts'
import { fragmentLengthOf } from '../../src/feed/fragment-length.ts'
import { FragmentReader } from '../../src/feed/fragment-reader.ts'
import { type FfmpegProcess, startFfmpeg } from '../../src/ffmpeg/process.ts'
import { createLog } from '../../src/log.ts'

/** A feed that real media runs into: a test picture and a tone, at the speed of life. */
export type FeedSource = {
  feed: Feed
  /** Ends the media; the feed stays. */
  pause(): Promise<void>
  /** Goes on with a new epoch of the same feed, changed or not; resolves at its first fragment. */
  resume(change?: FeedSourceOptions): Promise<void>
  /** Ends the media and the feed; resolves when ffmpeg is gone. May be called twice. */
  stop(): Promise<void>
}

export type FeedSourceOptions = {
  binary?: string
  videoBitrate?: string
  video?: boolean
  audio?: boolean
  /** e.g. `640x360` */
  size?: string
  keyframeSeconds?: number
  /** A white picture and a beep for the first 0.1 s of every second, instead of a plain tone. */
  flashAndBeep?: boolean
}

const log = createLog({ level: 'silent', pretty: false })

/**
 * Starts a source of H.264 and AAC at 30 fps, unless told otherwise 640×360 with a keyframe every 2 s; resolves at its
 * first fragment.
 */
export async function startFeedSource(options: FeedSourceOptions = {}): Promise<FeedSource> {
  const feed = new Feed({ maxSeconds: 6, maxBytes: 32 * 1024 * 1024 })
  let ffmpeg: FfmpegProcess | null = null

  const resume = async (change: FeedSourceOptions = {}): Promise<void> => {
    const { video = true, audio = true, keyframeSeconds = 2, videoBitrate } = { ...options, ...change }
    const first = Promise.withResolvers<void>()
    const reader = new FragmentReader({
      fragmentLength: fragmentLengthOf(0.2),
      onFragment(fragment) {
        feed.append(fragment)
        first.resolve()
      },
    })
    ffmpeg = await startFfmpeg({
      binary: options.binary ?? 'ffmpeg',
      inputOptions: ['-loglevel', 'level+error', '-re', '-f', 'lavfi'],
      input: inputs({ ...options, ...change }),
      outputOptions: [
        ...(video ? ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'] : []),
        ...(video ? ['-g', String(Math.round(keyframeSeconds * 30)), '-sc_threshold', '0'] : []),
        ...(videoBitrate ? ['-b:v', videoBitrate] : []),
        ...(audio ? ['-c:a', 'aac', '-ac', '2'] : []),
        ...['-f', 'mp4', '-movflags', '+cmaf+delay_moov+frag_keyframe+skip_trailer'],
        ...['-frag_duration', '65000', '-flush_packets', '1'],
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

/** The graph of a lavfi input. Labels have to count up from out0. */
function inputs({
  video = true,
  audio = true,
  size = '640x360',
  flashAndBeep = false,
}: FeedSourceOptions): string {
  const flash = flashAndBeep ? ",drawbox=color=white:t=fill:enable='lt(mod(n,30),3)'" : ''
  const tone = flashAndBeep
    ? "aevalsrc='0.5*sin(2*PI*1000*t)*lt(mod(t,1),0.1)':s=48000:c=stereo"
    : 'sine=frequency=440:sample_rate=48000'
  const sources = [...(video ? [`testsrc2=size=${size}:rate=30${flash}`] : []), ...(audio ? [tone] : [])]
  return sources.map((source, index) => `${source}[out${index}]`).join(';')
}
