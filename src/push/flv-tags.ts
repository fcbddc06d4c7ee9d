/*
 * Adobe Flash Video File Format Specification 10.1, annex E: the container of RTMP's messages. Its tags need no index,
 * so a reader keeps nothing of what it has read; ffmpeg's reader of fragmented MP4 keeps a line per frame for ever.
 */

const tagTypes = { audio: 8, video: 9, script: 18 } as const

/** Bytes of a tag before its data. */
const tagHeaderBytes = 11
/** CodecID 7 is AVC; SoundFormat 10 is AAC, whose other bits are always "44 kHz, 16 bits, stereo" (E.4.2.1). */
const avc = 0x07
const aac = 0xaf
const keyframe = 0x10
const interframe = 0x20
/** AVCPacketType and AACPacketType. */
const sequenceHeader = 0
const media = 1

/** Header of the file, with the size of the tag before the first one, which there is none of (E.2, E.3). */
export function flvHeader(hasVideo: boolean, hasAudio: boolean): Buffer {
  const flags = (hasAudio ? 0x04 : 0) | (hasVideo ? 0x01 : 0)
  return Buffer.from([0x46, 0x4c, 0x56, 1, flags, 0, 0, 0, 9, 0, 0, 0, 0])
}

/** What a reader would have to wait for frames to learn (E.5). */
export function metadataTag(framesPerSecond: number): Buffer[] {
  const rate = Buffer.alloc(8)
  rate.writeDoubleBE(framesPerSecond)
  const text = (value: string) => [Buffer.of(0, value.length), Buffer.from(value)]
  // In AMF0: a string (marker 2), and an ECMA array (8) of one number (0) with its end.
  const values = [Buffer.of(8, 0, 0, 0, 1), ...text('framerate'), Buffer.of(0), rate, Buffer.of(0, 0, 9)]
  return tag('script', 0, Buffer.of(2), Buffer.concat([...text('onMetaData'), ...values]))
}

/** @param decoderConfig AVCDecoderConfigurationRecord (ISO/IEC 14496-15). */
export function videoConfigTag(decoderConfig: Buffer): Buffer[] {
  return tag('video', 0, Buffer.of(keyframe | avc, sequenceHeader, 0, 0, 0), decoderConfig)
}

/** @param decoderConfig AudioSpecificConfig (ISO/IEC 14496-3). */
export function audioConfigTag(decoderConfig: Buffer): Buffer[] {
  return tag('audio', 0, Buffer.of(aac, sequenceHeader), decoderConfig)
}

export type VideoFrame = {
  /** NAL units with lengths of 4 bytes. */
  data: Buffer
  keyframe: boolean
  /** Time of decoding, and how much later it is shown. */
  timeMs: number
  compositionOffsetMs: number
}

export function videoTag({ data, keyframe: isKeyframe, timeMs, compositionOffsetMs }: VideoFrame): Buffer[] {
  const fields = Buffer.of((isKeyframe ? keyframe : interframe) | avc, media, 0, 0, 0)
  // Kept within its 24 bits: a stream that needs more is broken anyway, and must not stop the push.
  fields.writeIntBE(Math.max(-0x800000, Math.min(0x7fffff, compositionOffsetMs)), 2, 3)
  return tag('video', timeMs, fields, data)
}

/** @param data a raw AAC frame. */
export function audioTag(data: Buffer, timeMs: number): Buffer[] {
  return tag('audio', timeMs, Buffer.of(aac, media), data)
}

/** The pieces of a tag, and the tag's size behind it (E.3, E.4.1). The data is not copied. */
function tag(type: keyof typeof tagTypes, timeMs: number, fields: Buffer, data: Buffer): Buffer[] {
  const dataBytes = fields.length + data.length
  const head = Buffer.alloc(tagHeaderBytes)
  head.writeUInt8(tagTypes[type], 0)
  head.writeUIntBE(dataBytes, 1, 3)
  // 24 bits, then the 8 above them. After 49.7 days it begins anew, as RTMP's timestamps do.
  const time = timeMs % 2 ** 32
  head.writeUIntBE(time % 2 ** 24, 4, 3)
  head.writeUInt8(Math.floor(time / 2 ** 24), 7)
  const end = Buffer.alloc(4)
  end.writeUInt32BE(tagHeaderBytes + dataBytes)
  return [head, fields, data, end]
}
