import { GatewayError } from '../../errors.ts'

/** RFC 8866 section 9, `token`: no spaces, separators, line ends or other characters than ASCII. */
const tokenPattern = /^[!#-'*+\-.0-9A-Z^-~]{1,256}$/
/** URIs of header extensions, addresses and DTLS fingerprints: no spaces, no line ends, ASCII. */
const wordPattern = /^[!-~]{1,256}$/

/**
 * A piece of text as an SDP writer may put it into a line. What reaches a writer was read from clients: text with a
 * line end would become lines of its own, which ffmpeg or a viewer obeys.
 * @throws GatewayError UNSUPPORTED_MEDIA for what is no token (RFC 8866 section 9).
 */
export function token(value: unknown): string {
  return checked(value, tokenPattern)
}

/** Like `token`, for what may also hold colons and slashes. @throws GatewayError UNSUPPORTED_MEDIA */
export function word(value: unknown): string {
  return checked(value, wordPattern)
}

/** @throws GatewayError UNSUPPORTED_MEDIA for what is no whole number from `min` to `max`. */
export function wholeNumber(value: unknown, min: number, max: number): string {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) {
    return String(value)
  }
  throw refusal()
}

/** The number of a payload format (RFC 3551 section 3). @throws GatewayError UNSUPPORTED_MEDIA */
export function payloadType(value: unknown): string {
  return wholeNumber(value, 0, 127)
}

/** @throws GatewayError UNSUPPORTED_MEDIA */
export function ssrc(value: unknown): string {
  return wholeNumber(value, 0, 2 ** 32 - 1)
}

/**
 * `name/rate` or `name/rate/channels` of `a=rtpmap` (RFC 8866 section 6.6).
 * @throws GatewayError UNSUPPORTED_MEDIA
 */
export function encoding(mimeType: string, clockRateHz: number, channels?: number): string {
  const name = token(mimeType.slice(mimeType.indexOf('/') + 1))
  const rate = wholeNumber(clockRateHz, 1, 1_000_000)
  return channels === undefined ? `${name}/${rate}` : `${name}/${rate}/${wholeNumber(channels, 1, 255)}`
}

/** `key=value;…` of `a=fmtp`. @throws GatewayError UNSUPPORTED_MEDIA */
export function formatParameters(parameters: Readonly<Record<string, unknown>>): string {
  return Object.entries(parameters)
    .map(([key, value]) => `${token(key)}=${typeof value === 'number' ? token(String(value)) : token(value)}`)
    .join(';')
}

function checked(value: unknown, pattern: RegExp): string {
  if (typeof value === 'string' && pattern.test(value)) return value
  throw refusal()
}

function refusal(): GatewayError {
  return new GatewayError(
    'UNSUPPORTED_MEDIA',
    'The description of the media holds what no SDP line can hold.',
  )
}
