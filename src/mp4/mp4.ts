import { BoxContent, damaged, need } from './box-reader.ts'
import { readTrackFragments, type SampleDefaults, type TrackFragment } from './movie-fragment.ts'
import type { AudioInfo, VideoInfo } from './track-info.ts'

/** What an initialisation segment says. */
export type Init = {
  video: VideoInfo | null
  audio: AudioInfo | null
  /** From mvex/trex, by track id. */
  defaults: ReadonlyMap<number, SampleDefaults>
}

/** What a movie fragment says; see `Fragment` for the meaning. */
export type FragmentInfo = {
  startSeconds: number
  durationSeconds: number
  keyframe: boolean
  videoFrames: number
  /** Media time at which its sound ends; null without sound. */
  soundEndSeconds: number | null
}

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

type Track = VideoInfo | AudioInfo

/** sample_is_non_sync_sample (ISO/IEC 14496-12 section 8.8.3.1). */
const nonSync = 0x0001_0000
/** Seconds from 1900 (NTP) to 1970. */
const ntpToUnixSeconds = 2_208_988_800

/** Sampling rates by index in an AudioSpecificConfig (ISO/IEC 14496-3 section 1.6.3.4). */
const samplingRatesHz = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350,
]

/**
 * Reads an initialisation segment.
 * @param bytes ftyp + moov, each complete.
 * @returns the first H.264 and the first AAC track.
 * @throws GatewayError FFMPEG_FAILED when it is damaged or holds a video or sound track with another codec.
 */
export function readInit(bytes: Buffer): Init {
  const moov = need(new BoxContent(bytes, 'file'), 'moov')
  let video: VideoInfo | null = null
  let audio: AudioInfo | null = null
  const defaults = new Map<number, SampleDefaults>()
  for (const box of moov.boxes()) {
    if (box.name === 'trak') {
      const handler = need(box, 'mdia', 'hdlr').skip(8).text(4)
      if (handler === 'vide') video ??= readVideoTrack(box)
      if (handler === 'soun') audio ??= readAudioTrack(box)
    }
    if (box.name === 'mvex') {
      for (const trex of box.boxes()) {
        if (trex.name !== 'trex') continue
        const trackId = trex.skip(4).u32()
        defaults.set(trackId, { duration: trex.skip(4).u32(), flags: trex.skip(4).u32() })
      }
    }
  }
  return { video, audio, defaults }
}

/**
 * Reads a movie fragment. Times are decoding times: the video track's if it has samples here, else the audio track's.
 * @param moof the whole box.
 * @throws GatewayError FFMPEG_FAILED when it is damaged or holds no sample of a known track.
 */
export function readFragment(moof: Buffer, init: Init): FragmentInfo {
  const fragments = readTrackFragments(moof, init.defaults)
  const video = init.video && factsOf(fragments, init.video)
  const audio = init.audio && factsOf(fragments, init.audio)
  const timed = video ?? audio
  if (!timed) throw damaged('moof has no sample of a known track')
  return {
    startSeconds: timed.start / timed.timescale,
    durationSeconds: timed.duration / timed.timescale,
    keyframe: init.video === null || (video?.sync ?? false),
    videoFrames: video?.samples ?? 0,
    soundEndSeconds: audio ? (audio.start + audio.duration) / audio.timescale : null,
  }
}

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

/** One track's samples in this fragment, or null if there are none. */
function factsOf(fragments: readonly TrackFragment[], track: Track) {
  const own = fragments.filter(({ trackId, samples }) => trackId === track.trackId && samples.length > 0)
  const samples = own.flatMap((fragment) => fragment.samples)
  const [first] = samples
  if (!own[0] || !first) return null
  return {
    timescale: track.timescale,
    start: own[0].start,
    sync: (first.flags & nonSync) === 0,
    duration: samples.reduce((sum, { duration }) => sum + duration, 0),
    samples: samples.length,
  }
}

/** Id from tkhd (section 8.3.2) and timescale from mdhd (section 8.4.2). */
function readTrack(trak: BoxContent): { trackId: number; timescale: number } {
  const tkhd = need(trak, 'tkhd')
  const trackId = tkhd.skip(tkhd.u8() === 0 ? 3 + 8 : 3 + 16).u32()
  const mdhd = need(trak, 'mdia', 'mdhd')
  const timescale = mdhd.skip(mdhd.u8() === 0 ? 3 + 8 : 3 + 16).u32()
  if (timescale === 0) throw damaged(`track ${trackId} has timescale 0`)
  return { trackId, timescale }
}

/** The one sample entry of a track, behind stsd's version, flags and count. */
function readSampleEntry(trak: BoxContent, names: readonly string[]): BoxContent {
  const [entry] = need(trak, 'mdia', 'minf', 'stbl', 'stsd').skip(8).boxes()
  if (!entry || !names.includes(entry.name)) {
    throw damaged(`there is a track with codec ${entry?.name ?? 'none'} instead of ${names.join(' or ')}`)
  }
  return entry
}

/** Visual sample entry (section 12.1.3); avcC: ISO/IEC 14496-15 section 5.3.3.1. */
function readVideoTrack(trak: BoxContent): VideoInfo {
  const entry = readSampleEntry(trak, ['avc1', 'avc3'])
  const width = entry.skip(24).u16()
  const height = entry.u16()
  const profileAndLevel = need(entry.skip(50), 'avcC').skip(1).take(3).toString('hex')
  return { ...readTrack(trak), codec: `${entry.name}.${profileAndLevel}`, width, height }
}

/**
 * Audio sample entry (section 12.2.3). Channels and rate come from the AudioSpecificConfig in esds, because ffmpeg
 * writes 2 channels into every sample entry.
 */
function readAudioTrack(trak: BoxContent): AudioInfo {
  const entry = readSampleEntry(trak, ['mp4a'])
  const entryChannels = entry.skip(16).u16()
  const entryRateHz = entry.skip(6).u16()
  const es = need(entry.skip(2), 'esds').skip(4).descriptor(0x03)
  const optional = es.skip(2).u8()
  es.skip(optional & 0x80 ? 2 : 0)
  es.skip(optional & 0x40 ? es.u8() : 0)
  es.skip(optional & 0x20 ? 2 : 0)
  const decoder = es.descriptor(0x04)
  const objectType = decoder.u8()
  if (objectType !== 0x40) throw damaged(`the sound has object type ${objectType} instead of AAC`)
  const config = decoder.skip(12).descriptor(0x05)
  // 5 bits type, 4 bits rate, 4 bits channels; the long forms (type 31, rate 15) shift what follows.
  const bits = config.u16()
  const type = bits >> 11
  const long = type === 31
  const rateIndex = (bits >> 7) & 0xf
  const channels = (bits >> 3) & 0xf
  return {
    ...readTrack(trak),
    codec: `mp4a.40.${long ? 32 + ((bits >> 5) & 0x3f) : type}`,
    channels: long || channels === 0 || rateIndex === 15 ? entryChannels : channels === 7 ? 8 : channels,
    sampleRateHz: (long ? undefined : samplingRatesHz[rateIndex]) ?? entryRateHz,
  }
}
