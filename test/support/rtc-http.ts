import type { TestGateway } from './gateway.ts'
import { offerOf } from './offers.ts'

export const sdpType = 'application/sdp'
export const fragmentType = 'application/trickle-ice-sdpfrag'

export const newIceSession = 'a=ice-ufrag:ysXw\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\n'
export const candidates =
  'm=audio 9 RTP/AVP 0\r\na=mid:0\r\na=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host\r\na=end-of-candidates\r\n'

/** Requests of a WHIP or WHEP client, one by one, without any media behind them. */
export class RtcHttp {
  readonly #url: string

  constructor(gateway: TestGateway, prefix: 'whip' | 'whep' = 'whip') {
    this.#url = `${gateway.url}/${prefix}`
  }

  request(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: string,
  ): Promise<Response> {
    return fetch(`${this.#url}/${path}`, { method, headers, ...(body === undefined ? {} : { body }) })
  }

  post(
    stream: string,
    offer = offerOf('libdatachannel'),
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return this.request('POST', stream, { 'content-type': sdpType, ...headers }, offer)
  }

  /** @returns the path of a new session below the prefix, and its answer. */
  async open(stream: string): Promise<{ path: string; etag: string; answer: string; response: Response }> {
    const response = await this.post(stream)
    if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`)
    const path = (response.headers.get('location') ?? '').replace(/^\/\w+\//, '')
    return { path, etag: response.headers.get('etag') ?? '', answer: await response.text(), response }
  }

  patch(path: string, body: string, ifMatch?: string): Promise<Response> {
    return this.request(
      'PATCH',
      path,
      { 'content-type': fragmentType, ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }) },
      body,
    )
  }
}
