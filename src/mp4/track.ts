/** What decodes the samples of one H.264 track. */
export type VideoTrack = {
  /** Units per second of this track's times. */
  timescale: number
  /** RFC 6381 codec string, e.g. `avc1.42e01f`, from the decoder configuration: the bitstream's real profile. */
  codec: string
  /** AVCDecoderConfigurationRecord (ISO/IEC 14496-15 section 5.3.3.1): what an avcC box holds. */
  decoderConfig: Buffer
  /** The whole sample entry, an avc1 box (ISO/IEC 14496-12 section 8.5.2). */
  sampleEntry: Buffer
  width: number
  height: number
}

/** What decodes the samples of one AAC track. */
export type AudioTrack = {
  /** Units per second of this track's times. */
  timescale: number
  /** RFC 6381 codec string, e.g. `mp4a.40.2`. */
  codec: string
  /** AudioSpecificConfig (ISO/IEC 14496-3 section 1.6.2.1). */
  decoderConfig: Buffer
  /** The whole sample entry, an mp4a box (ISO/IEC 14496-12 section 8.5.2). */
  sampleEntry: Buffer
  channels: number
  sampleRateHz: number
}

/** Whether both are decoded alike, so that samples of one may follow samples of the other. */
export function sameTrack(one: VideoTrack | AudioTrack, other: VideoTrack | AudioTrack): boolean {
  return one.timescale === other.timescale && one.sampleEntry.equals(other.sampleEntry)
}
