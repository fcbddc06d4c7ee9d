/** The file's first bytes (NUT specification, "file"). */
export const fileId = Buffer.from('nut/multimedia container\0', 'latin1')

/** Each packet that is not a frame begins with 8 bytes of which the first is 'N'. */
export const startcodes = {
  main: Buffer.from('4e4d7a561f5f04ad', 'hex'),
  stream: Buffer.from('4e5311405bf2f9db', 'hex'),
  syncpoint: Buffer.from('4e4be4adeeca4569', 'hex'),
} as const

/** Flags of a frame ("frame_flags"). */
export const frameFlags = {
  key: 1,
  codedPts: 8,
  streamId: 16,
  sizeMsb: 32,
  checksum: 64,
  reserved: 128,
  sideData: 256,
  headerIndex: 1024,
  matchTime: 2048,
  coded: 4096,
  invalid: 8192,
} as const

/** main_flags of version 4: no syncpoint but the first, for what is never sought in. */
export const pipeFlag = 2

/** Headers longer than this carry a checksum of their own. */
export const longHeaderBytes = 4096

export type NutStream = {
  id: number
  kind: 'video' | 'audio' | 'other'
  /** As FFmpeg tags it: `I420`, `PSD\x10` (s16le), `H264`, `\xff\0\0\0` for AAC. */
  fourcc: string
  /** Seconds per unit of a time: numerator / denominator. */
  timeBase: { numerator: number; denominator: number }
  /** What the codec needs before the first packet, e.g. AAC's AudioSpecificConfig. */
  config: Buffer
  /** 0 for audio. */
  width: number
  height: number
  /** 0 for video. */
  sampleRateHz: number
  channels: number
}

const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let crc = index << 24
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000_0000 ? (crc << 1) ^ 0x04c1_1db7 : crc << 1
  return crc >>> 0
})

/** CRC-32 with generator 0x04C11DB7, most significant bit first, from 0, not inverted ("checksum"). */
export function checksum(bytes: Buffer): number {
  let crc = 0
  for (const byte of bytes) crc = ((crc << 8) ^ (table[(crc >>> 24) ^ byte] ?? 0)) >>> 0
  return crc
}
