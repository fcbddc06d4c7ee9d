/** A session that a POST of an offer opened, by WHIP or WHEP. */
export type HttpSession = { answer: string; url: string; etag: string; close(): Promise<void> }

/**
 * Opens a session.
 * @param url `http://host/whip/{stream}` or `http://host/whep/{stream}`
 * @throws Error with status and body when it is refused.
 */
export async function openSession(
  url: string,
  offer: string,
  headers: Record<string, string> = {},
): Promise<HttpSession> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/sdp', ...headers },
    body: offer,
  })
  const answer = await response.text()
  const location = response.headers.get('location')
  if (response.status !== 201 || location === null) throw new Error(`${url}: ${response.status} ${answer}`)
  const sessionUrl = new URL(location, url).href
  return {
    answer,
    url: sessionUrl,
    etag: response.headers.get('etag') ?? '',
    async close() {
      await fetch(sessionUrl, { method: 'DELETE' })
    },
  }
}
