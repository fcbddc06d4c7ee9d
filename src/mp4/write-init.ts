import type { AudioTrack, VideoTrack } from './track.ts'
import { box, fullBox, u16, u32 } from './write-box.ts'

/** A file's tracks are numbered by their kind: what reads a fragment needs no list. */
export const trackIds = { video: 1, audio: 2 } as const

/** No rotation and no scaling: the unity matrix of ISO/IEC 14496-12 section 6.2.2. */
const unityMatrix = u32(0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000)
/** "und", three letters of 5 bits (section 8.4.2). */
const undeterminedLanguage = 0x55c4
/** Track is enabled, and used in the presentation (section 8.3.2). */
const trackEnabled = 3
/** 1.0 as 8.8 fixed point. */
const fullVolume = 0x0100

/**
 * An initialisation segment of fragmented MP4 (CMAF): ftyp + moov.
 * @param video gets track id 1.
 * @param audio gets track id 2.
 */
export function writeInit(video: VideoTrack | null, audio: AudioTrack | null): Buffer {
  return Buffer.concat([
    box('ftyp', ascii('iso6'), u32(0), ascii('iso6cmfcmp41')),
    box(
      'moov',
      movieHeader(),
      ...(video ? [videoTrak(video)] : []),
      ...(audio ? [audioTrak(audio)] : []),
      box(
        'mvex',
        ...(video ? [trackExtends(trackIds.video)] : []),
        ...(audio ? [trackExtends(trackIds.audio)] : []),
      ),
    ),
  ])
}

function videoTrak(track: VideoTrack): Buffer {
  const { width, height, timescale, sampleEntry } = track
  // Width and height are 16.16 fixed point.
  const header = trackHeader(trackIds.video, 0, width * 0x1_0000, height * 0x1_0000)
  return trak(header, timescale, 'vide', fullBox('vmhd', 0, 1, u16(0, 0, 0, 0)), sampleEntry)
}

function audioTrak({ timescale, sampleEntry }: AudioTrack): Buffer {
  const header = trackHeader(trackIds.audio, fullVolume, 0, 0)
  return trak(header, timescale, 'soun', fullBox('smhd', 0, 0, u16(0, 0)), sampleEntry)
}

/** mvhd (section 8.2.2): times of creation, timescale, duration, rate 1.0, volume 1.0; next track id is unknown. */
function movieHeader(): Buffer {
  return fullBox(
    'mvhd',
    0,
    0,
    u32(0, 0, 1000, 0, 0x1_0000),
    u16(fullVolume, 0),
    u32(0, 0),
    unityMatrix,
    u32(0, 0, 0, 0, 0, 0, 0xffff_ffff),
  )
}

/** tkhd (section 8.3.2). */
function trackHeader(id: number, volume: number, width: number, height: number): Buffer {
  return fullBox(
    'tkhd',
    0,
    trackEnabled,
    // Times of creation, id, reserved, duration, reserved.
    u32(0, 0, id, 0, 0, 0, 0),
    // Layer, alternate group, volume, reserved.
    u16(0, 0, volume, 0),
    unityMatrix,
    u32(width, height),
  )
}

function trak(
  header: Buffer,
  timescale: number,
  handler: string,
  mediaHeader: Buffer,
  sampleEntry: Buffer,
): Buffer {
  const none = u32(0)
  return box(
    'trak',
    header,
    box(
      'mdia',
      fullBox('mdhd', 0, 0, u32(0, 0, timescale, 0), u16(undeterminedLanguage, 0)),
      // Pre-defined, handler, reserved, an empty name.
      fullBox('hdlr', 0, 0, none, ascii(handler), u32(0, 0, 0), Buffer.alloc(1)),
      box(
        'minf',
        mediaHeader,
        // The media is in this file: flag 1, no location (section 8.7.2).
        box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1))),
        box(
          'stbl',
          fullBox('stsd', 0, 0, u32(1), sampleEntry),
          // All samples are in movie fragments.
          fullBox('stts', 0, 0, none),
          fullBox('stsc', 0, 0, none),
          fullBox('stsz', 0, 0, none, none),
          fullBox('stco', 0, 0, none),
        ),
      ),
    ),
  )
}

/** trex (section 8.8.3): sample entry 1; durations, sizes and flags stand in each fragment. */
function trackExtends(trackId: number): Buffer {
  return fullBox('trex', 0, 0, u32(trackId, 1, 0, 0, 0))
}

function ascii(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}
