import { createHmac } from 'node:crypto'

export type IceServerSettings = {
  /** `stun:host:port` */
  stunUrls: readonly string[]
  /** `turn:host:port?transport=udp` */
  turnUrls: readonly string[]
  /** coturn's `static-auth-secret`; null when there is no TURN server. */
  turnSecret: string | null
}

/** Long enough for a session to begin; a relayed connection goes on after it, as long as it is refreshed. */
const validSeconds = 12 * 3600

/**
 * `Link` headers with STUN and TURN servers (RFC 9725 section 4.6). A TURN password is made for each client and
 * expires: coturn works it out from the time in the user name and the common secret (draft-uberti-behave-turn-rest-00).
 */
export function iceServerLinks(settings: IceServerSettings, nowMs: number): string[] {
  const links = settings.stunUrls.map((url) => `<${url}>; rel="ice-server"`)
  if (settings.turnSecret === null) return links
  const username = `${Math.floor(nowMs / 1000) + validSeconds}:sluice`
  const credential = createHmac('sha1', settings.turnSecret).update(username).digest('base64')
  return [
    ...links,
    ...settings.turnUrls.map(
      (url) =>
        `<${url}>; rel="ice-server"; username="${username}"; credential="${credential}"; credential-type="password"`,
    ),
  ]
}
