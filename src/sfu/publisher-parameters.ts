import type { DtlsParameters, RtcpFeedback, RtpCodecParameters, RtpParameters } from 'mediasoup/types'
import { z } from 'zod'
import { GatewayError } from '../errors.ts'
import { mediaCodecs } from './codecs.ts'
import type { TrackKind } from './publication.ts'
import { essentialParameters } from './sdp/essential-parameters.ts'
import { isTaken, type TakenExtension } from './sdp/header-extensions.ts'

const ssrc = z
  .int()
  .min(1)
  .max(2 ** 32 - 1)
const payloadType = z.int().min(0).max(127)
const rid = z.string().regex(/^\w{1,16}$/)
/** Of `a=fmtp`: numbers and hexadecimal words are all that the essential ones hold. */
const parameterValue = z.union([z.int().min(0).max(1_000_000), z.string().regex(/^[\w-]{1,32}$/)])

const codecSchema = z.object({
  mimeType: z.string().max(32),
  payloadType,
  clockRate: z.int().min(1).max(1_000_000),
  channels: z.int().min(1).max(8).optional(),
  parameters: z.record(z.string(), z.unknown()).default({}),
  rtcpFeedback: z
    .array(z.object({ type: z.string().max(32), parameter: z.string().max(32).optional() }))
    .max(20)
    .default([]),
})

/** An RTX codec comes beside its codec, so a track has two; more can't be told apart by one packager. */
const rtpSchema = z.object({
  mid: z
    .string()
    .regex(/^[\w.+-]{1,32}$/)
    .optional(),
  codecs: z.array(codecSchema).min(1).max(4),
  headerExtensions: z
    .array(z.object({ uri: z.string().max(256), id: z.int().min(1).max(255) }))
    .max(32)
    .default([]),
  encodings: z
    .array(
      z.object({
        ssrc: ssrc.optional(),
        rid: rid.optional(),
        rtx: z.object({ ssrc }).optional(),
        dtx: z.boolean().optional(),
        scalabilityMode: z
          .string()
          .regex(/^[LS]\dT\d\w{0,8}$/)
          .optional(),
      }),
    )
    .min(1)
    .max(4),
})

const dtlsSchema = z.object({
  role: z.enum(['auto', 'client', 'server']).optional(),
  fingerprints: z
    .array(
      z.object({
        algorithm: z.enum(['sha-1', 'sha-224', 'sha-256', 'sha-384', 'sha-512']),
        value: z.string().regex(/^[\dA-Fa-f]{2}(:[\dA-Fa-f]{2}){19,63}$/),
      }),
    )
    .min(1)
    .max(8),
})

/**
 * What mediasoup may know of a publisher's track: of all that the client said, the known codecs, header extensions and
 * parameters, by the same list for WHIP and for the websocket. The gateway names the sender (`cname`) itself. Pure.
 * @throws GatewayError UNSUPPORTED_MEDIA
 */
export function readRtpParameters(kind: TrackKind, offered: unknown, cname: string): RtpParameters {
  const { mid, codecs, headerExtensions, encodings } = parsed(rtpSchema, offered)
  return {
    ...(mid === undefined ? {} : { mid }),
    codecs: codecs.map((codec) => readCodec(kind, codec)),
    headerExtensions: headerExtensions
      .filter((each): each is { id: number; uri: TakenExtension } => isTaken(each.uri))
      .map(({ id, uri }) => ({ id, uri, encrypt: false, parameters: {} })),
    encodings: encodings.map((encoding) => defined(encoding)),
    rtcp: { cname, reducedSize: true },
  }
}

/** @throws GatewayError UNSUPPORTED_MEDIA */
export function readDtlsParameters(offered: unknown): DtlsParameters {
  return defined(parsed(dtlsSchema, offered))
}

function readCodec(kind: TrackKind, codec: z.infer<typeof codecSchema>): RtpCodecParameters {
  const { mimeType, channels, parameters, rtcpFeedback, ...numbers } = codec
  const lowerCase = mimeType.toLowerCase()
  const own = mediaCodecs.find((each) => each.mimeType.toLowerCase() === lowerCase)
  const name = own?.kind === kind ? own.mimeType : lowerCase === `${kind}/rtx` ? lowerCase : undefined
  if (name === undefined) throw refusal(`this is no codec that it takes as ${kind}`)
  const essential = z.record(z.string(), parameterValue).safeParse(essentialParameters(name, parameters))
  if (!essential.success) throw refusal('a format parameter of the codec is malformed')
  const known = (own?.rtcpFeedback ?? []).map(feedbackName)
  return {
    ...numbers,
    mimeType: name,
    ...(channels === undefined ? {} : { channels }),
    parameters: essential.data,
    rtcpFeedback: rtcpFeedback.map(defined).filter((each) => known.includes(feedbackName(each))),
  }
}

function feedbackName({ type, parameter = '' }: RtcpFeedback): string {
  return `${type} ${parameter}`
}

function parsed<T extends z.ZodType>(schema: T, value: unknown): z.infer<T> {
  const { success, data, error } = schema.safeParse(value)
  if (success) return data
  const [problem] = error.issues
  throw refusal(`${problem?.path.join('.') ?? 'it'}: ${problem?.message ?? 'malformed'}`)
}

function refusal(why: string): GatewayError {
  return new GatewayError('UNSUPPORTED_MEDIA', `The gateway can't take this media: ${why}.`)
}

/** Without the keys that hold undefined, which mediasoup does not take for missing. */
function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>
  }
}
