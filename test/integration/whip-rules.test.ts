import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { withGatewayExtensions } from '../../player/src/watch/playback/whep-offer.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { offerOf } from '../support/offers.ts'
import { candidates, fragmentType, newIceSession, RtcHttp, sdpType } from '../support/rtc-http.ts'

const turnSecret = 'north-east-south-west'

let gateway: TestGateway
let whip: RtcHttp
let whep: RtcHttp
let name: string
let streams = 0

beforeAll(async () => {
  gateway = await startGateway({
    SLUICE_ENDED_SECONDS: '0',
    SLUICE_STUN_URLS: '["stun:stun.example.net:3478"]',
    SLUICE_TURN_URLS: '["turn:turn.example.net:3478?transport=udp"]',
    SLUICE_TURN_SECRET: turnSecret,
    SLUICE_MAX_REALTIME_VIEWERS: '1',
    SLUICE_ALLOWED_ORIGINS: 'https://example.org',
  })
  whip = new RtcHttp(gateway)
  whep = new RtcHttp(gateway, 'whep')
})
beforeEach(() => {
  streams += 1
  name = `rules-${streams}`
})
afterEach(async () => {
  for (const { name } of gateway.app.registry.snapshot()) await endByTakingAway(name)
})
afterAll(async () => await gateway?.close())

/** Ends what a test left behind, as an operator would. */
async function endByTakingAway(stream: string): Promise<void> {
  const path = opened.get(stream)
  if (path) await whip.request('DELETE', path)
  opened.delete(stream)
}

const opened = new Map<string, string>()
async function open() {
  const session = await whip.open(name)
  opened.set(name, session.path)
  return session
}

const problemSchema = z.strictObject({
  type: z.literal('about:blank'),
  title: z.string(),
  status: z.int(),
  detail: z.string().regex(/[.]$/),
  code: z.string(),
})

/** A refusal has the status, and says why (RFC 9457). */
async function refused(response: Response | Promise<Response>, status: number): Promise<void> {
  const answer = await response
  expect(answer.status).toBe(status)
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
  expect(problemSchema.parse(await answer.json())).toMatchObject({ status })
}

type Row = { section: string; level: 'MUST' | 'SHOULD'; says: string; check: () => Promise<void> }

/** What RFC 9725 asks of the server; what it asks of clients is not here. */
const rows: Row[] = [
  {
    section: '4.1',
    level: 'MUST',
    says: 'endpoint and session answer GET and HEAD with 2xx and no content',
    async check() {
      const { path } = await open()
      for (const method of ['GET', 'HEAD']) {
        for (const target of [name, path]) {
          const response = await whip.request(method, target)
          expect([response.status, await response.text()]).toEqual([204, ''])
        }
      }
    },
  },
  {
    section: '4.2',
    level: 'MUST',
    says: 'an offer is answered by 201, application/sdp, and a Location',
    async check() {
      const { response, path, answer } = await open()
      expect(response.status).toBe(201)
      expect(response.headers.get('content-type')).toBe(sdpType)
      expect(path).toMatch(new RegExp(`^${name}/[\\w-]{24}$`))
      expect(answer).toMatch(/^v=0\r\n/)
    },
  },
  {
    section: '4.2',
    level: 'MUST',
    says: 'another content type is refused with 4xx',
    async check() {
      for (const type of ['application/json', 'text/plain', fragmentType, 'application/sdpx', 'nonsense']) {
        await refused(whip.request('POST', name, { 'content-type': type }, offerOf('libdatachannel')), 415)
      }
      await refused(whip.request('POST', name), 415)
    },
  },
  {
    section: '4.2',
    level: 'MUST',
    says: 'a malformed SDP is refused with 4xx',
    check: async () => await refused(whip.post(name, 'v=0\r\nnonsense'), 400),
  },
  {
    section: '4.2',
    level: 'MUST',
    says: 'recvonly and inactive are not taken',
    async check() {
      for (const direction of ['recvonly', 'inactive']) {
        await refused(whip.post(name, offerOf('libdatachannel').replace('a=sendonly', `a=${direction}`)), 400)
      }
    },
  },
  {
    section: '4.2',
    level: 'MUST',
    says: 'the answer is recvonly, also for a sendrecv offer',
    async check() {
      const response = await whip.post(name, offerOf('libdatachannel').replaceAll('a=sendonly', 'a=sendrecv'))
      opened.set(name, (response.headers.get('location') ?? '').slice('/whip/'.length))
      const answer = await response.text()
      expect(answer.match(/a=recvonly\r\n/g)).toHaveLength(2)
      expect(answer).not.toMatch(/a=send/)
    },
  },
  {
    section: '4.2',
    level: 'MUST',
    says: 'DELETE ends the session and frees what it took, whatever its If-Match says',
    async check() {
      const { path } = await open()
      const response = await whip.request('DELETE', path, { 'if-match': '"stale"' })
      expect(response.status).toBe(200)
      await vi.waitFor(async () => expect(await gateway.app.pool.usage()).toMatchObject({ routers: 0 }))
      await refused(whip.request('DELETE', path), 404)
    },
  },
  {
    section: '4.2',
    level: 'MUST',
    says: 'OPTIONS serves CORS, with 200',
    async check() {
      const response = await whip.request('OPTIONS', name, {
        origin: 'https://example.org',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      })
      expect(response.status).toBe(200)
      expect(response.headers.get('access-control-allow-origin')).toBe('https://example.org')
      expect(response.headers.get('access-control-allow-methods')).toMatch(/POST.*PATCH.*DELETE/)
      expect(response.headers.get('access-control-allow-headers')).toMatch(
        /Authorization.*Content-Type.*If-Match/,
      )
      const { response: created } = await open()
      expect(created.headers.get('access-control-expose-headers')).toMatch(
        /Location.*ETag.*Link.*Accept-Patch/,
      )
    },
  },
  {
    section: '4.2',
    level: 'SHOULD',
    says: 'OPTIONS says Accept-Post: application/sdp',
    async check() {
      expect((await whip.request('OPTIONS', name)).headers.get('accept-post')).toBe(sdpType)
    },
  },
  {
    section: '4.3',
    level: 'SHOULD',
    says: 'Trickle ICE and ICE restarts are supported',
    async check() {
      const { path, etag, response } = await open()
      expect(response.headers.get('accept-patch')).toBe(fragmentType)
      expect((await whip.patch(path, candidates, etag)).status).toBe(204)
      expect((await whip.patch(path, newIceSession, '*')).status).toBe(200)
    },
  },
  {
    section: '4.3.1',
    level: 'MUST',
    says: 'PATCH with another content type or a malformed fragment is refused with 4xx',
    async check() {
      const { path, etag } = await open()
      await refused(
        whip.request('PATCH', path, { 'content-type': sdpType, 'if-match': etag }, candidates),
        415,
      )
      for (const body of [
        '',
        'nonsense',
        'a=ice-ufrag:only\r\n',
        'a=ice-ufrag:a b\r\na=ice-pwd:short\r\n',
        'm=audio\r\n',
      ]) {
        await refused(whip.patch(path, body, etag), 400)
      }
    },
  },
  {
    section: '4.3.1',
    level: 'MUST',
    says: '201 brings a strong entity tag that names the ICE session, another one for each',
    async check() {
      const first = await open()
      expect(first.etag).toMatch(/^"[\w-]+"$/)
      name = `${name}b`
      expect((await open()).etag).not.toBe(first.etag)
    },
  },
  {
    section: '4.3.1',
    level: 'MUST',
    says: 'PATCH without If-Match gets 428, with another tag 412',
    async check() {
      const { path } = await open()
      await refused(whip.patch(path, candidates), 428)
      await refused(whip.patch(path, candidates, '"stale"'), 412)
    },
  },
  {
    section: '4.3.2',
    level: 'MUST',
    says: 'the answer holds all candidates of the server',
    async check() {
      const { answer } = await open()
      expect(answer.match(/a=candidate:\S+ 1 udp .* typ host/g)).toHaveLength(1)
      expect(answer.match(/a=candidate:\S+ 1 tcp .* typ host tcptype passive/g)).toHaveLength(1)
      expect(answer).toContain('a=end-of-candidates')
    },
  },
  {
    section: '4.3.2',
    level: 'MUST',
    says: 'candidates get 204 without body and ETag; those that are of no use are left out silently',
    async check() {
      const { path, etag } = await open()
      const odd = candidates.replace('192.0.2.1', 'no-such-host.invalid').replace('udp', 'carrier-pigeon')
      for (const body of [candidates, odd]) {
        const response = await whip.patch(path, body, etag)
        expect([response.status, await response.text(), response.headers.get('etag')]).toEqual([
          204,
          '',
          null,
        ])
      }
    },
  },
  {
    section: '4.3.3',
    level: 'MUST',
    says: 'a restart gets 200, a fragment with new credentials, and a new ETag that counts from then on',
    async check() {
      const { path, etag, answer } = await open()
      const response = await whip.patch(path, newIceSession, '*')
      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toBe(fragmentType)
      const fragment = await response.text()
      const ufrag = (text: string) => /a=ice-ufrag:(\S+)/.exec(text)?.[1]
      expect(ufrag(fragment)).toBeTruthy()
      expect(ufrag(fragment)).not.toBe(ufrag(answer))
      expect(fragment).toMatch(/a=ice-pwd:\S{16,}\r\n/)
      const next = response.headers.get('etag') ?? ''
      expect(next).not.toBe(etag)
      await refused(whip.patch(path, candidates, etag), 412)
      expect((await whip.patch(path, newIceSession + candidates, next)).status).toBe(204)
    },
  },
  {
    section: '4.3.3',
    level: 'MUST',
    says: 'a restart that can’t be done leaves the session as it is',
    async check() {
      const { path, etag } = await open()
      await refused(whip.patch(path, 'a=ice-ufrag:ysXw\r\na=ice-pwd:short\r\n', '*'), 400)
      expect((await whip.patch(path, candidates, etag)).status).toBe(204)
    },
  },
  {
    section: '4.4.1',
    level: 'MUST',
    says: 'one bundle with rtcp-mux-only in each section; an offer without a bundle is refused',
    async check() {
      const { answer } = await open()
      expect(answer).toContain('a=group:BUNDLE 0 1\r\n')
      expect(answer.match(/a=rtcp-mux-only\r\n/g)).toHaveLength(2)
      await refused(whip.post(`${name}b`, offerOf('libdatachannel').replace(/a=group:BUNDLE.*\r\n/, '')), 422)
    },
  },
  {
    section: '4.4.2',
    level: 'MUST',
    says: 'more tracks or MediaStreams than are supported get 422 or 400',
    async check() {
      const offer = offerOf('libdatachannel')
      const third = offer.slice(offer.indexOf('m=video')).replace('a=mid:1', 'a=mid:2')
      await refused(whip.post(name, offer.replace('BUNDLE 0 1', 'BUNDLE 0 1 2') + third), 422)
      await refused(
        whip.post(name, offer.replace('a=msid:obs-stream obs-video', 'a=msid:other obs-video')),
        422,
      )
    },
  },
  {
    section: '4.4.3',
    level: 'SHOULD',
    says: 'no section is rejected by itself: the whole request gets 422',
    check: async () =>
      await refused(whip.post(name, offerOf('libdatachannel').replace('H264/90000', 'H265/90000')), 422),
  },
  {
    section: '4.4.4',
    level: 'SHOULD',
    says: 'the answer is passive; active offers are taken',
    async check() {
      const response = await whip.post(
        name,
        offerOf('libdatachannel').replaceAll('setup:actpass', 'setup:active'),
      )
      opened.set(name, (response.headers.get('location') ?? '').slice('/whip/'.length))
      expect((await response.text()).match(/a=setup:passive\r\n/g)).toHaveLength(2)
      await refused(
        whip.post(`${name}b`, offerOf('libdatachannel').replaceAll('setup:actpass', 'setup:passive')),
        422,
      )
    },
  },
  {
    section: '4.6',
    level: 'MUST',
    says: '201 names STUN and TURN servers in Link headers, with credentials; a CORS preflight does not',
    async check() {
      const { response } = await open()
      const link = response.headers.get('link') ?? ''
      expect(link).toContain('<stun:stun.example.net:3478>; rel="ice-server"')
      expect(link).toMatch(
        /<turn:turn\.example\.net:3478\?transport=udp>; rel="ice-server"; username="\d+:sluice"; credential="[\w+/]+="; credential-type="password"/,
      )
      expect(link).not.toContain(turnSecret)
      const preflight = await whip.request('OPTIONS', name, { 'access-control-request-method': 'POST' })
      expect(preflight.headers.get('link')).toBeNull()
    },
  },
  {
    section: '4.7.1',
    level: 'MUST',
    says: 'a bearer token is accepted with each request',
    async check() {
      const response = await whip.post(name, undefined, { authorization: 'Bearer mF_9.B5f-4.1JqM' })
      expect(response.status).toBe(201)
      const path = (response.headers.get('location') ?? '').slice('/whip/'.length)
      expect((await whip.request('DELETE', path, { authorization: 'Bearer mF_9.B5f-4.1JqM' })).status).toBe(
        200,
      )
    },
  },
  {
    section: '4.8',
    level: 'SHOULD',
    says: 'simulcast is answered with the layers that were offered',
    async check() {
      const response = await whip.post(name, offerOf('obs-simulcast'))
      opened.set(name, (response.headers.get('location') ?? '').slice('/whip/'.length))
      expect(await response.text()).toContain('a=simulcast:recv 0;1;2\r\n')
    },
  },
]

describe('RFC 9725', () => {
  test.each(rows)('section $section, $level: $says', async ({ check }) => await check())
})

describe('beyond the RFC', () => {
  test('methods that have no meaning get 405 and what is allowed', async () => {
    const { path } = await open()
    for (const [method, target, allow] of [
      ['PUT', name, 'OPTIONS, GET, HEAD, POST'],
      ['DELETE', name, 'OPTIONS, GET, HEAD, POST'],
      ['PATCH', name, 'OPTIONS, GET, HEAD, POST'],
      ['POST', path, 'OPTIONS, GET, HEAD, PATCH, DELETE'],
      ['PUT', path, 'OPTIONS, GET, HEAD, PATCH, DELETE'],
    ] as const) {
      const response = await whip.request(method, target)
      expect(response.headers.get('allow')).toBe(allow)
      await refused(response, 405)
    }
  })

  test('a stream that somebody publishes gets 409; whoever shows the same token takes it over', async () => {
    await open()
    await refused(whip.post(name), 409)
    await refused(whip.post(name, undefined, { authorization: 'Bearer other' }), 409)
    name = `${name}b`
    const first = await whip.post(name, undefined, { authorization: 'Bearer mine' })
    const old = (first.headers.get('location') ?? '').slice('/whip/'.length)
    await refused(whip.post(name, undefined, { authorization: 'Bearer other' }), 409)
    const again = await whip.post(name, undefined, { authorization: 'Bearer mine' })
    expect(again.status).toBe(201)
    opened.set(name, (again.headers.get('location') ?? '').slice('/whip/'.length))
    await refused(whip.request('DELETE', old), 404)
    expect(gateway.snapshot(name)?.state).toBe('starting')
  })

  test('WHEP: 409 with Retry-After while nobody is live', async () => {
    const response = await whep.post('nobody', offerOf('chromium-watch'))
    expect(response.headers.get('retry-after')).toBe('2')
    await refused(response, 409)
  })

  test('WHEP: 406 when the player lacks the codec, 201 when it has it, and sections of other tracks stay silent', async () => {
    await open()
    await refused(whep.post(name, offerOf('chromium-watch').replaceAll('H264/', 'H265/')), 406)
    const response = await whep.post(name, offerOf('chromium-watch'))
    expect(response.status).toBe(201)
    const answer = await response.text()
    expect(answer.match(/a=sendonly\r\n/g)).toHaveLength(2)
    // In the viewer's own numbers.
    expect(answer).toMatch(/m=audio 9 UDP\/TLS\/RTP\/SAVPF 111\r\n/)
    expect(answer).toMatch(/m=video 9 UDP\/TLS\/RTP\/SAVPF 108\r\n/)
    const path = (response.headers.get('location') ?? '').slice('/whep/'.length)
    // A viewer's session is none of a publisher.
    await refused(whip.request('DELETE', path), 404)
    // The second viewer is one too many, as long as the first is there.
    await refused(whep.post(name, offerOf('chromium-watch')), 503)
    expect((await whep.request('DELETE', path)).status).toBe(200)
    const again = await whep.post(name, offerOf('chromium-watch'))
    expect(again.status).toBe(201)
    await whep.request('DELETE', (again.headers.get('location') ?? '').slice('/whep/'.length))
  })

  test('WHEP: congestion control and repair for players that use the gateway’s numbers, repair for all others', async () => {
    await open()
    for (const [offer, extensions, congestion] of [
      [withGatewayExtensions(offerOf('chromium-watch')), ['1', '4', '5'], true],
      [offerOf('chromium-watch'), [], false],
    ] as const) {
      const response = await whep.post(name, offer)
      const [, video = ''] = (await response.text()).split('m=video')
      expect([...video.matchAll(/a=extmap:(\d+) /g)].map(([, id]) => id).sort()).toEqual(extensions)
      expect(video.includes('transport-cc')).toBe(congestion)
      expect(video).toMatch(/a=rtcp-fb:108 nack\r\n/)
      expect(video).toMatch(/a=rtcp-fb:108 nack pli\r\n/)
      await whep.request('DELETE', (response.headers.get('location') ?? '').slice('/whep/'.length))
    }
  })
})
