import { afterAll, beforeAll, expect, it } from 'vitest'
import { demoSource } from '../../src/ingest/demo-source.ts'
import { type RtpSource, startRtpPublisher } from '../../src/ingest/rtp-publisher.ts'
import { createLog } from '../../src/log.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { breaches, rules } from '../support/hls-rules/rules.ts'
import { mediaPlaylistUrl, watchPlaylists } from '../support/hls-rules/watch-playlists.ts'

const small = (source: RtpSource): RtpSource => ({
  ...source,
  inputOptions: source.inputOptions.map((option) => option.replace('1280x720', '640x360')),
})
const vp8: RtpSource = {
  ...small(demoSource),
  video: {
    codec: 'video/VP8',
    options: '-c:v libvpx -deadline realtime -cpu-used 8 -b:v 600k -g 30 -keyint_min 30'.split(' '),
  },
}
/** A phone in the dark: one frame in seven is missing, and the others are up to 10 ms late. */
const uneven: RtpSource = {
  ...small(demoSource),
  video: {
    codec: 'video/H264',
    options: [
      ...(demoSource.video?.options ?? []),
      ...['-vf', "select='gt(random(0),0.15)',settb=1/90000,setpts='PTS+random(1)*900'"],
      ...['-fps_mode', 'vfr', '-enc_time_base', '1:90000'],
    ],
  },
}
/** A shared screen on which little moves: frames that stay longer than a part may last. */
const slow: RtpSource = {
  ...small(demoSource),
  video: {
    codec: 'video/H264',
    options: [
      ...(demoSource.video?.options ?? []).map((option) => option.replace('30', '2')),
      ...['-vf', 'fps=2'],
    ],
  },
}
const soundOnly: RtpSource = {
  inputOptions: ['-re', '-f', 'lavfi'],
  input: demoSource.input,
  video: null,
  audio: { map: '0:a:0', options: demoSource.audio?.options ?? [] },
}

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway({
    SLUICE_WINDOW_SECONDS: '12',
  })
})
afterAll(() => gateway?.close())

async function publish(streamName: string, source: RtpSource): Promise<{ close(): Promise<void> }> {
  const publisher = await startRtpPublisher({
    registry: gateway.app.registry,
    streamName,
    source,
    ffmpegBinary: gateway.app.ffmpegBinary,
    log: createLog({ level: 'silent', pretty: false }),
  })
  await expect.poll(() => gateway.snapshot(streamName)?.hls?.playable, { timeout: 30_000 }).toBe(true)
  return publisher
}

it.concurrent.for([
  { name: 'copied H.264', stream: 'copied', source: small(demoSource), restart: false },
  { name: 'an uneven camera', stream: 'uneven', source: uneven, restart: false },
  { name: 'a picture that hardly moves', stream: 'slow', source: slow, restart: false },
  { name: 'transcoded VP8', stream: 'transcoded', source: vp8, restart: false },
  { name: 'sound only', stream: 'sound', source: soundOnly, restart: false },
  { name: 'a packager that is killed', stream: 'killed', source: small(demoSource), restart: true },
])('every playlist of $name keeps the rules', async ({ stream, source, restart }, { expect }) => {
  const publisher = await publish(stream, source)
  try {
    const url = await mediaPlaylistUrl(`${gateway.url}/hls/${stream}/index.m3u8`)
    let killed = !restart
    let ending: Promise<void> | undefined
    const observations = await watchPlaylists(url, (seen) => {
      const newest = seen.at(-1)?.playlist
      if (!killed && seen.length > 25) {
        killed = true
        process.kill(Number(gateway.snapshot(stream)?.packager?.pid), 'SIGKILL')
      }
      // Long enough for segments to leave the window and for delta updates; then the publisher stops.
      const begun = restart ? newest?.segments.some(({ discontinuity }) => discontinuity) : true
      if (seen.length > 80 && begun) ending ??= publisher.close()
      return false
    })
    await ending
    expect(breaches(observations)).toEqual([])
    expect(observations.some(({ raw }) => raw.skipped > 0)).toBe(true)
    const last = observations.at(-1)?.playlist
    expect(last?.ended).toBe(true)
    expect(last?.mediaSequence).toBeGreaterThan(0)
    // A segment without parts keeps the rules, but hls.js stalls at it.
    const withoutParts = observations.flatMap(({ playlist }) =>
      playlist.segments.slice(-1).filter(({ parts }) => parts.length === 0),
    )
    expect(withoutParts).toEqual([])
    // A rule that never had anything to look at proves nothing.
    expect(observations.filter(({ playlist }) => playlist.open).length).toBeGreaterThan(20)
    expect(rules.length).toBeGreaterThan(25)
  } finally {
    await publisher.close()
  }
})
