/**
 * ffmpeg's options for what a feed is made of: fragmented MP4 (CMAF) on stdout.
 * @param fragmentSeconds a fragment ends with the frame that makes it as long.
 */
export function fragmentedMp4Options(fragmentSeconds: number): string[] {
  return [
    // µs that one track may be behind before the others go on without it; the default of 10 s makes a paused
    // microphone stop the picture.
    ...['-max_interleave_delta', '500000'],
    ...['-f', 'mp4'],
    // cmaf: what HLS wants in a fragment. delay_moov: codec facts are known only after the first packets.
    // frag_keyframe: a fragment starts at each keyframe. skip_trailer: no reader seeks in this file.
    ...['-movflags', '+cmaf+delay_moov+frag_keyframe+skip_trailer'],
    // µs of media in a fragment. Short, because readers wait for whole fragments: it is the latency of the feed.
    ...['-frag_duration', String(Math.round(fragmentSeconds * 1e6))],
    // Out with each fragment: stdout is a pipe, and a full buffer would be latency.
    ...['-flush_packets', '1'],
  ]
}
