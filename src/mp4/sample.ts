/** One coded frame of a track: for H.264 a picture, for AAC 1024 samples of each channel. */
export type Sample = {
  /** H.264 with NAL unit lengths of 4 bytes (ISO/IEC 14496-15 section 5.3.2); a raw AAC frame without a header. */
  data: Buffer
  /** Decoding time, in units of the track's timescale, counted from the start of the epoch. */
  decodeTime: number
  /** In units of the track's timescale. */
  duration: number
  /** Presentation time less decoding time, in units of the track's timescale. */
  compositionOffset: number
  /** True when decoding can start here. */
  sync: boolean
}
