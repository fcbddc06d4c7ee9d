import { parse, parseSimulcastStreamList, type SessionDescription } from 'sdp-transform'
import { GatewayError } from '../../errors.ts'
import type { TrackKind } from '../publication.ts'
import { type OfferedCodec, readCodecs, text } from './offered-codecs.ts'

type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'
type MediaLine = SessionDescription['media'][number]

export type HeaderExtension = { id: number; uri: string }

/** One m= section of an offer. */
export type OfferedMedia = {
  kind: TrackKind
  mid: string
  /** `UDP/TLS/RTP/SAVPF` */
  protocol: string
  codecs: OfferedCodec[]
  extensions: HeaderExtension[]
  /** Simulcast layers (RFC 8853) that would be sent, in their order; empty without simulcast. */
  rids: string[]
  ssrc?: number
  rtxSsrc?: number
}

export type Offer = {
  /** The sender's DTLS certificate, sha-256. */
  fingerprint: string
  media: OfferedMedia[]
}

/** More would be an attempt to make work. */
const maxMediaLines = 8
const maxCodecs = 100
const maxRids = 4
/** What WHIP and WHEP clients must not say, because they are there to send or to receive (RFC 9725 section 4.2). */
const refusedDirections = { send: ['recvonly', 'inactive'], receive: ['sendonly', 'inactive'] }

/**
 * Reads an SDP offer (RFC 8866, RFC 9429) within the limits of RFC 9725 section 4.4: one bundle, RTCP multiplexed, one
 * track per kind, one MediaStream. Pure.
 * @param purpose what the other side wants to do.
 * @throws GatewayError BAD_REQUEST for what is no offer, UNSUPPORTED_MEDIA for what is one, but can't be taken.
 */
export function readOffer(text: string, purpose: 'send' | 'receive'): Offer {
  const session = parseSession(text)
  const lines = session.media.filter(isUsed)
  if (lines.length === 0) throw bad('The offer has no media.')
  if (session.media.length > maxMediaLines)
    throw bad(`The offer has more than ${maxMediaLines} media sections.`)
  if (lines.length < session.media.length) throw unsupported('Media sections that are off can’t be answered.')
  const media = lines.map((line) => readMedia(session, line, purpose))
  checkTogether(session, lines, media)
  return { fingerprint: fingerprintOf(session, lines), media }
}

function parseSession(text: string): SessionDescription {
  if (!/^v=0\r?\n/.test(text)) throw bad('The body is no SDP: it does not begin with "v=0".')
  try {
    return parse(text)
  } catch (cause) {
    throw new GatewayError('BAD_REQUEST', 'The SDP is malformed.', { cause })
  }
}

/** Port 0 turns a section off, unless it is only there as part of a bundle (RFC 9143 section 6). */
function isUsed(line: MediaLine): boolean {
  return line.port !== 0 || line.bundleOnly !== undefined
}

function readMedia(session: SessionDescription, line: MediaLine, purpose: 'send' | 'receive'): OfferedMedia {
  const { type: kind, protocol } = line
  if (kind !== 'audio' && kind !== 'video') throw unsupported(`Media of the type "${kind}" can’t be taken.`)
  if (!/^(UDP|TCP)\/TLS\/RTP\/SAVPF?$/.test(protocol))
    throw unsupported(`${kind}: "${protocol}" is not encrypted by DTLS.`)
  if (line.mid === undefined || !/^[\w.+-]{1,32}$/.test(String(line.mid)))
    throw bad(`${kind}: a=mid is missing or malformed.`)
  if (!line.rtcpMux) throw unsupported(`${kind}: RTCP must be multiplexed (a=rtcp-mux).`)
  if (!(line.iceUfrag ?? session.iceUfrag) || !(line.icePwd ?? session.icePwd)) {
    throw bad(`${kind}: a=ice-ufrag or a=ice-pwd is missing.`)
  }
  const setup = line.setup ?? session.setup ?? 'actpass'
  if (setup !== 'actpass' && setup !== 'active')
    throw unsupported(`${kind}: a=setup:${setup} can’t be taken, the gateway is passive.`)
  const direction: Direction = line.direction ?? session.direction ?? 'sendrecv'
  if (refusedDirections[purpose].includes(direction)) {
    throw bad(
      `${kind}: a=${direction} makes no sense here, because ${purpose === 'send' ? 'publishers send' : 'viewers receive'}.`,
    )
  }
  const codecs = readCodecs(line)
  if (codecs.length === 0 || codecs.length > maxCodecs)
    throw bad(`${kind}: 1 to ${maxCodecs} codecs must be offered.`)
  return {
    kind,
    mid: String(line.mid),
    protocol,
    codecs,
    // RFC 8285 section 4.2: identifiers that can be used by all.
    extensions: (line.ext ?? [])
      .map(({ value, uri }) => ({ id: value, uri: text(uri) }))
      .filter(({ id }) => id >= 1 && id <= 255 && id !== 15),
    rids: purpose === 'send' && kind === 'video' ? readRids(line) : [],
    ...readSsrcs(line),
  }
}

function readRids(line: MediaLine): string[] {
  // The older form of draft-ietf-mmusic-sdp-simulcast-03 is not sent by anything current.
  const { simulcast } = line
  if (!simulcast) return []
  const list =
    simulcast.dir1 === 'send' ? simulcast.list1 : simulcast.dir2 === 'send' ? simulcast.list2 : undefined
  if (list === undefined) return []
  // One alternative of each layer; `~` marks layers that begin paused.
  const rids = parseSimulcastStreamList(text(list)).map(([first]) => String(first?.scid ?? ''))
  const known = new Set(
    (line.rids ?? []).filter(({ direction }) => direction === 'send').map(({ id }) => String(id)),
  )
  if (
    rids.length > maxRids ||
    new Set(rids).size < rids.length ||
    rids.some((rid) => !known.has(rid) || !/^\w{1,16}$/.test(rid))
  ) {
    throw bad(`${line.type}: a=simulcast and a=rid don’t fit together.`)
  }
  return rids
}

function readSsrcs(line: MediaLine): Pick<OfferedMedia, 'ssrc' | 'rtxSsrc'> {
  const [first] = line.ssrcs ?? []
  if (!first) return {}
  const group = (line.ssrcGroups ?? []).find(({ semantics }) => semantics === 'FID')
  const [ssrc = Number(first.id), rtxSsrc] = group ? text(group.ssrcs).split(' ').map(Number) : []
  if (![ssrc, rtxSsrc ?? 1].every((each) => Number.isInteger(each) && each > 0 && each < 2 ** 32)) {
    throw bad(`${line.type}: a=ssrc is malformed.`)
  }
  return {
    ssrc,
    ...(rtxSsrc === undefined ? {} : { rtxSsrc }),
  }
}

/** The rules between sections. */
function checkTogether(
  session: SessionDescription,
  lines: readonly MediaLine[],
  media: readonly OfferedMedia[],
): void {
  if (new Set(media.map(({ mid }) => mid)).size < media.length)
    throw bad('Two media sections have the same a=mid.')
  // RFC 9725 section 4.4.2: one track per kind, one MediaStream.
  if (new Set(media.map(({ kind }) => kind)).size < media.length) {
    throw unsupported('At most one audio and one video track can be taken.')
  }
  const streams = new Set(
    lines.flatMap(({ msid }) => (msid ?? []).map(({ id }) => String(id)).filter((id) => id !== '-')),
  )
  if (streams.size > 1) throw unsupported('All tracks must be of one MediaStream (a=msid).')
  const group = (session.groups ?? []).find(({ type }) => type === 'BUNDLE')
  const bundle = text(group?.mids).split(' ')
  if (media.length > 1 && !media.every(({ mid }) => bundle.includes(mid))) {
    throw unsupported('All media sections must be in one bundle (a=group:BUNDLE).')
  }
}

function fingerprintOf(session: SessionDescription, lines: readonly MediaLine[]): string {
  // One per section in practice: sdp-transform keeps the last.
  const found = [session, ...lines].flatMap(({ fingerprint }) => (fingerprint ? [fingerprint] : []))
  if (found.length === 0) throw bad('The offer has no a=fingerprint.')
  const values = new Set(
    found
      .filter(({ type }) => text(type).toLowerCase() === 'sha-256')
      .map(({ hash }) => text(hash).toUpperCase()),
  )
  const [value] = values
  if (value === undefined) throw unsupported('The offer must have a sha-256 fingerprint.')
  if (values.size > 1)
    throw unsupported('All media sections must have the same fingerprint: they share one connection.')
  if (!/^([\dA-F]{2}:){31}[\dA-F]{2}$/.test(value)) throw bad('The sha-256 fingerprint is malformed.')
  return value
}

function bad(message: string): GatewayError {
  return new GatewayError('BAD_REQUEST', message)
}

function unsupported(message: string): GatewayError {
  return new GatewayError('UNSUPPORTED_MEDIA', message)
}
