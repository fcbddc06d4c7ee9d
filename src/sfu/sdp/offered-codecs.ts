import { parseParams, type SessionDescription } from 'sdp-transform'

type MediaLine = SessionDescription['media'][number]

export type OfferedCodec = {
  payloadType: number
  /** `video/H264`; the case of the name as it was offered. */
  mimeType: string
  clockRateHz: number
  channels?: number
  /** From `a=fmtp`. */
  parameters: Record<string, string | number>
  feedback: { type: string; parameter?: string }[]
  /** RTX (RFC 4588) that repeats this codec's packets. */
  rtxPayloadType?: number
}

/** The codecs of an m= section, in the offerer's order of preference, each with its RTX. */
export function readCodecs(line: MediaLine): OfferedCodec[] {
  const payloadTypes = text(line.payloads)
    .split(' ')
    .map(Number)
    .filter((each) => Number.isInteger(each) && each >= 0 && each <= 127)
  const rtx = new Map<number, number>()
  const codecs: OfferedCodec[] = []
  for (const { payload, codec, rate, encoding } of line.rtp) {
    if (!payloadTypes.includes(payload)) continue
    const parameters = parametersOf(line, payload)
    if (/^rtx$/i.test(text(codec))) {
      rtx.set(Number(parameters.apt), payload)
      continue
    }
    const feedback = (line.rtcpFb ?? []).filter(
      (each) => String(each.payload) === '*' || Number(each.payload) === payload,
    )
    codecs.push({
      payloadType: payload,
      mimeType: `${line.type}/${text(codec)}`,
      clockRateHz: rate ?? 0,
      ...(encoding === undefined ? {} : { channels: Number(encoding) }),
      parameters,
      feedback: feedback.map(({ type, subtype }) => ({ type, ...(subtype ? { parameter: subtype } : {}) })),
    })
  }
  codecs.sort((a, b) => payloadTypes.indexOf(a.payloadType) - payloadTypes.indexOf(b.payloadType))
  return codecs.map((codec) => {
    const rtxPayloadType = rtx.get(codec.payloadType)
    return rtxPayloadType === undefined ? codec : { ...codec, rtxPayloadType }
  })
}

function parametersOf(line: MediaLine, payload: number): Record<string, string | number> {
  const config = text(line.fmtp.find((fmtp) => fmtp.payload === payload)?.config)
  const pairs = Object.entries(parseParams(config)).filter(
    (pair): pair is [string, string | number] => pair[1] !== undefined,
  )
  const parameters = Object.fromEntries(pairs)
  const profile = /profile-level-id=([\da-f]{6})/i.exec(config)?.[1]
  // Hexadecimal, although it may look like a decimal number.
  return profile === undefined ? parameters : { ...parameters, 'profile-level-id': profile }
}

/** sdp-transform makes numbers of all that looks like one, whatever its types say. */
export function text(value: unknown): string {
  return value === undefined ? '' : String(value)
}
