import { BoxContent, need } from './box-content.ts'

/** A track's clock at an instant of wall-clock time. */
export type ProducerReferenceTime = {
  trackId: number
  /** Milliseconds since 1970, with fraction. */
  ntpMs: number
  /** In units of the track's timescale. Negative for ffmpeg's first AAC frame, which starts before time 0. */
  mediaTime: number
  /** What happened at that instant: 0 input to the encoder, 2 fragment complete, 24 captured … */
  flags: number
}

/** Seconds from 1900 (NTP) to 1970. */
const ntpToUnixSeconds = 2_208_988_800

/**
 * Reads a producer reference time box (ISO/IEC 14496-12 section 8.16.5).
 * @param prft the whole box.
 * @throws GatewayError FFMPEG_FAILED when it is damaged.
 */
export function readProducerReferenceTime(prft: Buffer): ProducerReferenceTime {
  const box = need(new BoxContent(prft, 'file'), 'prft')
  const version = box.u8()
  const flags = box.u24()
  const trackId = box.u32()
  const ntpSeconds = box.u32()
  const fraction = box.u32() / 2 ** 32
  // The 32 bits wrap in 2036; the upper half belongs to the era from 1900 (RFC 4330 section 3).
  const era = ntpSeconds < 2 ** 31 ? 2 ** 32 : 0
  const ntpMs = (ntpSeconds + era - ntpToUnixSeconds + fraction) * 1000
  return { trackId, ntpMs, mediaTime: version === 0 ? box.u32() : box.i64(), flags }
}
