import type { IceServer } from '../../ingest/ice-servers.ts'

/** STUN and TURN servers as `Link` headers (RFC 9725 section 4.6). Pure. */
export function iceServerLinks(servers: readonly IceServer[]): string[] {
  return servers.map(({ urls, username, credential }) => {
    const link = `<${urls}>; rel="ice-server"`
    if (username === undefined || credential === undefined) return link
    return `${link}; username="${username}"; credential="${credential}"; credential-type="password"`
  })
}
