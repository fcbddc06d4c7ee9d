import { GatewayError } from '../../errors.ts'

/** What a PATCH with an SDP fragment (RFC 8840 section 4.4) says. */
export type IceFragment = {
  /** Null when the fragment names no ICE session: only candidates. */
  usernameFragment: string | null
}

/**
 * Reads the ICE session that a fragment is for. Candidates are not read: the gateway is ICE lite, and learns where a
 * client is from its checks. Pure.
 * @throws GatewayError BAD_REQUEST for what is no fragment.
 */
export function readIceFragment(text: string): IceFragment {
  const lines = text.split(/\r?\n/).filter((line) => line !== '')
  if (lines.length === 0 || !lines.every((line) => /^[a-z]=\S/.test(line))) {
    throw new GatewayError('BAD_REQUEST', 'The SDP fragment is malformed.')
  }
  // RFC 8839 section 5.4.
  const usernameFragment = attributeOf(lines, 'ice-ufrag', /^[A-Za-z\d+/]{4,256}$/)
  const password = attributeOf(lines, 'ice-pwd', /^[A-Za-z\d+/]{22,256}$/)
  if ((usernameFragment === null) !== (password === null)) {
    throw new GatewayError('BAD_REQUEST', 'a=ice-ufrag and a=ice-pwd must come together.')
  }
  if (usernameFragment === null && !lines.some((line) => /^a=(candidate:|end-of-candidates)/.test(line))) {
    throw new GatewayError('BAD_REQUEST', 'The SDP fragment holds neither candidates nor an ICE session.')
  }
  return { usernameFragment }
}

function attributeOf(lines: readonly string[], attribute: string, pattern: RegExp): string | null {
  const prefix = `a=${attribute}:`
  const value = lines.find((line) => line.startsWith(prefix))?.slice(prefix.length)
  if (value === undefined) return null
  if (pattern.test(value)) return value
  throw new GatewayError('BAD_REQUEST', `a=${attribute} is malformed.`)
}

/** The ICE session of a whole offer, to know a restart by. */
export function usernameFragmentOf(sdp: string): string | null {
  return /^a=ice-ufrag:(\S+)/m.exec(sdp)?.[1] ?? null
}
