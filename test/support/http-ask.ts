import { type IncomingHttpHeaders, request } from 'node:http'
import { buffer } from 'node:stream/consumers'

export type HttpAnswer = {
  statusCode: number | undefined
  headers: IncomingHttpHeaders
  rawPayload: Buffer
  body: string
  json(): unknown
}

/** Asks as it is told: unlike fetch it adds no headers, unpacks nothing and leaves paths alone. */
export async function httpAsk(
  url: string,
  options: { method?: string; headers?: Record<string, string> } = {},
): Promise<HttpAnswer> {
  const { origin } = new URL(url)
  const path = url.slice(origin.length)
  return await new Promise((resolve, reject) => {
    request(origin, { ...options, path, agent: false }, (response) => {
      buffer(response).then((rawPayload) => {
        const body = rawPayload.toString()
        const { statusCode, headers } = response
        resolve({ statusCode, headers, rawPayload, body, json: () => JSON.parse(body) })
      }, reject)
    })
      .once('error', reject)
      .end()
  })
}
