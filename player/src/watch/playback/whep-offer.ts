/**
 * The numbers under which the gateway's SFU sends header extensions. They can't be chosen there, so offers ask for them.
 */
const gatewayIds: Readonly<Record<string, number>> = {
  'urn:ietf:params:rtp-hdrext:sdes:mid': 1,
  'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time': 4,
  'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01': 5,
}

/**
 * An offer with the header extensions that carry congestion control, under the gateway's numbers, and no others. With
 * them the gateway knows how much this viewer can take, and chooses the layer of a simulcast stream by it.
 */
export function withGatewayExtensions(sdp: string): string {
  return sdp.replace(/a=extmap:\S+ (\S+).*\r\n/g, (_line, uri: string) => {
    const id = gatewayIds[uri]
    return id === undefined ? '' : `a=extmap:${id} ${uri}\r\n`
  })
}

/** The STUN and TURN servers in a `Link` header (RFC 9725 section 4.6). */
export function iceServersOf(link: string | null): RTCIceServer[] {
  // Addresses hold no commas, and quoted values of ours neither.
  return (link ?? '').split(/,\s*(?=<)/).flatMap((each) => {
    const urls = /^<([^>]+)>/.exec(each)?.[1]
    if (urls === undefined || !/rel="?ice-server"?/.test(each)) return []
    const username = /username="([^"]*)"/.exec(each)?.[1]
    const credential = /[^-]credential="([^"]*)"/.exec(each)?.[1]
    return [username === undefined || credential === undefined ? { urls } : { urls, username, credential }]
  })
}
