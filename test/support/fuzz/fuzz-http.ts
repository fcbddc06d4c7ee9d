import { once } from 'node:events'
import { connect } from 'node:net'
import fc from 'fast-check'
import { hostileText, mostly } from '../arbitraries/hostile.ts'
import { FuzzFinding, type FuzzSurface, note } from './fuzz-run.ts'

const paths = [
  '/',
  '/publish/live',
  '/watch/live',
  '/api/streams',
  '/api/streams/live',
  '/api/streams/live/targets',
  '/api/streams/live/targets/x/start',
  '/api/openapi.json',
  '/hls/live/index.m3u8',
  '/hls/live/live.m3u8?_HLS_msn=1&_HLS_part=2',
  '/hls/live/e/p1.m4s',
  '/ws/publish/live',
  '/whip/live',
  '/whip/live/session',
  '/whep/live',
  '/metrics',
  '/healthz',
  '/readyz',
  '/internal/rtmp/on_publish',
  '/assets/x.js',
  '*',
]
const path = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...paths) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom(...paths), fc.nat(40), hostileText)
      .map(([whole, at, text]) => whole.slice(0, at) + text + whole.slice(at)),
  },
  { weight: 1, arbitrary: hostileText },
)
const names = [
  'content-type',
  'content-length',
  'transfer-encoding',
  'range',
  'if-match',
  'upgrade',
  'connection',
  'expect',
]
const header: fc.Arbitrary<readonly [string, string]> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      ['content-type', 'application/json'] as const,
      ['content-type', 'application/sdp'] as const,
      ['content-length', '5'] as const,
      ['range', 'bytes=0-1'] as const,
      ['if-none-match', '*'] as const,
      ['accept-encoding', 'gzip'] as const,
      ['authorization', 'Bearer x'] as const,
      ['x-forwarded-for', '203.0.113.7'] as const,
      ['cookie', 'a=b'] as const,
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.constantFrom(...names),
      fc.constantFrom('websocket', 'chunked', '-1', '99999999999', '100-continue', 'bytes=5-1'),
    ),
  },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...names, 'origin', 'authorization'), hostileText) },
  { weight: 1, arbitrary: fc.tuple(hostileText, hostileText) },
)
const request = fc.record({
  method: mostly(fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'), hostileText),
  path,
  host: mostly(fc.constantFrom('localhost'), hostileText),
  headers: fc.array(header, { maxLength: 3 }),
  body: fc.oneof(fc.constant(''), hostileText, fc.json()),
  /** Else the body is read as another request, and Node refuses both. */
  measured: mostly(fc.constant(true), fc.constant(false)),
})

/** A client that has nothing more to say waits this long for an answer to what may be only half a request. */
const patienceMs = 150

/** Requests as bytes: each is answered with a fault of the client at worst, or cut. */
export const fuzzHttp: FuzzSurface = {
  name: 'HTTP requests',
  share: 0.2,
  async run({ gateway }, inputs, seed) {
    const outcomes = new Map<string, number>()
    const port = Number(new URL(gateway.url).port)
    for (const each of fc.sample(request, { seed, numRuns: inputs })) {
      const lines = [
        `${each.method} ${each.path} HTTP/1.1`,
        `host: ${each.host}`,
        ...(each.measured ? [`content-length: ${Buffer.byteLength(each.body, 'latin1')}`] : []),
        ...each.headers.map(([name, value]) => `${name}: ${value}`),
      ]
      const text = `${lines.join('\r\n')}\r\n\r\n${each.body}`
      const answer = await answerTo(port, text)
      const status = /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]
      // 501: a transfer coding that Node does not know. 505: another version of HTTP.
      if (status !== undefined && Number(status) >= 500 && !['501', '503', '505'].includes(status))
        throw new FuzzFinding(answer, text)
      note(outcomes, status ?? 'cut or unanswered')
    }
    return outcomes
  },
}

async function answerTo(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.on('error', () => undefined)
  const over = new Promise<void>((resolve) => {
    socket.setTimeout(patienceMs, resolve)
    socket.once('close', () => resolve())
    socket.on('data', (data) => {
      answer += data.toString('latin1')
      // The first line says all.
      if (answer.includes('\r\n')) resolve()
    })
  })
  await Promise.race([once(socket, 'connect'), over])
  socket.write(text, 'latin1')
  await over
  socket.destroy()
  return answer.slice(0, 500)
}
