import type { RtmpNames } from './connection/relay.ts'

/** How often ffmpeg tells what it has sent. Twice a second: it is also how fast "live" is seen. */
const reportSeconds = 0.5
/** Longest that one read or write may block. Above the limits of liveness, which judge better: the last resort. */
const ioTimeoutSeconds = 20
/** Buffer towards the relay: what waits here can not be left out any more, and comes late. */
const sendBufferBytes = 64 * 1024

export type PushArguments = {
  inputOptions: readonly string[]
  input: string
  outputOptions: readonly string[]
  output: string
}

/**
 * The arguments of a push: FLV from stdin, copied to RTMP. All users of the machine can read them, so they
 * hold no key.
 * @param placeholders what the relay replaces by the names of the destination.
 * @param relayPort of loopback, from where the connection to the server goes on.
 */
export function pushArguments({ app, playPath, tcUrl }: RtmpNames, relayPort: number): PushArguments {
  return {
    inputOptions: [
      ...['-hide_banner', '-nostats'],
      // Level in each line, for the judge of exits; "repeat" keeps lines whole instead of "last message repeated".
      ...['-loglevel', 'repeat+level+warning'],
      // Reports as key=value lines among stderr's lines: stdout stays unused.
      ...['-progress', 'pipe:2'],
      ...['-stats_period', String(reportSeconds)],
      // The media comes from outside: nothing in it may make ffmpeg open a file or a connection.
      ...['-protocol_whitelist', 'pipe'],
      // Not fragmented MP4, of which ffmpeg keeps a line for each frame: 12 MB in an hour (`npm run bench -- push-memory`).
      ...['-f', 'flv'],
      // The metadata says the frame rate: no frame has to be waited for. A guess by 20, the default, costs 0.7 s at 30 fps.
      ...['-fpsprobesize', '0'],
      // Microseconds. A track that the header announces but that is silent at first delays the start this long; default 5 s.
      ...['-analyzeduration', '1000000'],
    ],
    input: 'pipe:0',
    outputOptions: [
      // The packager made H.264 and AAC already: what RTMP carries.
      ...['-c', 'copy'],
      // Without these, ffmpeg would take one track of each kind by its own taste. Data tracks can't go into FLV.
      ...['-map', '0:v:0?', '-map', '0:a:0?'],
      // Microseconds. When one track pauses, the other one is held back this long; the default is 10 s.
      ...['-max_interleave_delta', '1000000'],
      // The frame rate of the input's metadata goes out by itself; the rest of it has no reader.
      ...['-map_metadata', '-1'],
      // Microseconds. Without it a peer that says nothing holds ffmpeg for ever.
      ...['-rw_timeout', String(ioTimeoutSeconds * 1_000_000)],
      ...['-send_buffer_size', String(sendBufferBytes)],
      // TLS is the relay's.
      ...['-protocol_whitelist', 'rtmp,tcp'],
      // ffmpeg would guess these from the URL, which only leads to the relay.
      ...['-rtmp_tcurl', tcUrl],
      ...['-rtmp_app', app],
      ...['-rtmp_playpath', playPath],
      // A live stream has neither, and ffmpeg would want to seek back and write them.
      ...['-flvflags', 'no_duration_filesize'],
      ...['-f', 'flv'],
    ],
    output: `rtmp://127.0.0.1:${relayPort}/`,
  }
}
