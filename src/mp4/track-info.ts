/** Facts of a video track, read from the initialisation segment. */
export type VideoInfo = {
  trackId: number
  /** Units per second of this track's times. */
  timescale: number
  /** RFC 6381 codec string, e.g. `avc1.42e01f`, from the avcC box: the bitstream's real profile. */
  codec: string
  width: number
  height: number
}

/** Facts of an audio track, read from the initialisation segment. */
export type AudioInfo = {
  trackId: number
  timescale: number
  /** RFC 6381 codec string, e.g. `mp4a.40.2`. */
  codec: string
  channels: number
  sampleRateHz: number
}
