import { BoxContent, damaged, need } from './box-content.ts'
import type { SampleDefaults } from './read-movie-fragment.ts'
import type { AudioTrack, VideoTrack } from './track.ts'
import { box as boxOf } from './write-box.ts'

/** A track, and the number by which movie fragments of the same file name it. */
export type NumberedTrack<T> = { id: number; track: T }

/** What an initialisation segment says. */
export type Init = {
  video: NumberedTrack<VideoTrack> | null
  audio: NumberedTrack<AudioTrack> | null
  /** From mvex/trex, by track id. */
  defaults: ReadonlyMap<number, SampleDefaults>
}

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
  let video: Init['video'] = null
  let audio: Init['audio'] = null
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
        defaults.set(trackId, { duration: trex.skip(4).u32(), bytes: trex.u32(), flags: trex.u32() })
      }
    }
  }
  return { video, audio, defaults }
}

/** Id from tkhd (section 8.3.2). */
function readTrackId(trak: BoxContent): number {
  const tkhd = need(trak, 'tkhd')
  return tkhd.skip(tkhd.u8() === 0 ? 3 + 8 : 3 + 16).u32()
}

/** From mdhd (section 8.4.2). */
function readTimescale(trak: BoxContent): number {
  const mdhd = need(trak, 'mdia', 'mdhd')
  const timescale = mdhd.skip(mdhd.u8() === 0 ? 3 + 8 : 3 + 16).u32()
  if (timescale === 0) throw damaged('a track has timescale 0')
  return timescale
}

/** The one sample entry of a track, behind stsd's version, flags and count. */
function readSampleEntry(trak: BoxContent, names: readonly string[]): [BoxContent, Buffer] {
  const [entry] = need(trak, 'mdia', 'minf', 'stbl', 'stsd').skip(8).boxes()
  if (!entry || !names.includes(entry.name)) {
    throw damaged(`there is a track with codec ${entry?.name ?? 'none'} instead of ${names.join(' or ')}`)
  }
  return [entry, boxOf(entry.name, entry.copy().rest())]
}

/** Visual sample entry (section 12.1.3); avcC: ISO/IEC 14496-15 section 5.3.3.1. */
function readVideoTrack(trak: BoxContent): NumberedTrack<VideoTrack> {
  const [entry, sampleEntry] = readSampleEntry(trak, ['avc1', 'avc3'])
  const width = entry.skip(24).u16()
  const height = entry.u16()
  const avcC = need(entry.skip(50), 'avcC')
  // A copy: a view would keep ffmpeg's bytes in memory.
  const decoderConfig = Buffer.from(avcC.copy().rest())
  const codec = `${entry.name}.${avcC.skip(1).take(3).toString('hex')}`
  const timescale = readTimescale(trak)
  return { id: readTrackId(trak), track: { timescale, codec, decoderConfig, sampleEntry, width, height } }
}

/**
 * Audio sample entry (section 12.2.3). Channels and rate come from the AudioSpecificConfig in esds, because ffmpeg
 * writes 2 channels into every sample entry.
 */
function readAudioTrack(trak: BoxContent): NumberedTrack<AudioTrack> {
  const [entry, sampleEntry] = readSampleEntry(trak, ['mp4a'])
  const entryChannels = entry.skip(16).u16()
  const entryRateHz = entry.skip(6).u16()
  const es = need(entry.skip(2), 'esds').skip(4).descriptor(0x03)
  const optional = es.skip(2).u8()
  es.skip(optional & 0x80 ? 2 : 0)
  es.skip(optional & 0x40 ? es.u8() : 0)
  es.skip(optional & 0x20 ? 2 : 0)
  const decoder = es.descriptor(0x04)
  const objectType = decoder.u8()
  if (objectType !== 0x40) throw damaged(`the audio has object type ${objectType} instead of AAC`)
  const config = decoder.skip(12).descriptor(0x05)
  const decoderConfig = Buffer.from(config.copy().rest())
  // 5 bits type, 4 bits rate, 4 bits channels; the long forms (type 31, rate 15) shift what follows.
  const bits = config.u16()
  const type = bits >> 11
  const long = type === 31
  const rateIndex = (bits >> 7) & 0xf
  const channels = (bits >> 3) & 0xf
  const track = {
    timescale: readTimescale(trak),
    codec: `mp4a.40.${long ? 32 + ((bits >> 5) & 0x3f) : type}`,
    decoderConfig,
    sampleEntry,
    channels: long || channels === 0 || rateIndex === 15 ? entryChannels : channels === 7 ? 8 : channels,
    sampleRateHz: (long ? undefined : samplingRatesHz[rateIndex]) ?? entryRateHz,
  }
  return { id: readTrackId(trak), track }
}
