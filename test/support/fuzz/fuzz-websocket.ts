import { once } from 'node:events'
import fc from 'fast-check'
import { WebSocket } from 'ws'
import { damaged, hostileText } from '../arbitraries/hostile.ts'
import { goodDtlsParameters, goodRtpParameters } from '../signaling-client.ts'
import { FuzzFinding, type FuzzSurface, note } from './fuzz-run.ts'

const requests = [
  { id: 1, type: 'publish', protocol: 1, kinds: ['video'] },
  { id: 2, type: 'connect', dtlsParameters: goodDtlsParameters },
  { id: 3, type: 'produce', kind: 'video', rtpParameters: goodRtpParameters(1234) },
  { id: 4, type: 'unproduce', producerId: 'x' },
  { id: 5, type: 'restartIce' },
  { id: 6, type: 'stop' },
]

const frame: fc.Arbitrary<string | Buffer> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...requests).map((request) => JSON.stringify(request)) },
  {
    weight: 12,
    arbitrary: fc
      .constantFrom(...requests)
      .chain((request) => damaged(request))
      .map((value) => JSON.stringify(value) ?? ''),
  },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: hostileText },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
)
/** What one connection sends, if it lives that long. */
const framesEach = 8

/** Frames of the publishing websocket: each gets a reply with a known fault of the client, or the connection ends. */
export const fuzzWebsocket: FuzzSurface = {
  name: 'websocket frames',
  share: 0.25,
  async run({ gateway }, inputs, seed) {
    const outcomes = new Map<string, number>()
    const frames = fc.sample(frame, { seed, numRuns: inputs })
    for (let at = 0, connections = 0; at < frames.length; connections += 1) {
      const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/ws/publish/fuzz-${connections}`)
      const closed = once(socket, 'close')
      await once(socket, 'open')
      // Most of them: what comes before it can only be in the wrong state.
      if (connections % 5 !== 0) {
        const published = replyOf(socket)
        socket.send(JSON.stringify(requests[0]))
        judge(await published, 'publish')
      }
      for (
        let sent = 0;
        sent < framesEach && at < frames.length && socket.readyState === socket.OPEN;
        sent += 1
      ) {
        const each = frames[at] ?? ''
        at += 1
        const reply = replyOf(socket)
        socket.send(each)
        const text = await Promise.race([reply, closed.then(([code]) => `closed ${String(code)}`)])
        note(outcomes, judge(text, each))
      }
      socket.close()
      await closed
    }
    return outcomes
  },
}

/** The next frame that is no notice. */
function replyOf(socket: WebSocket): Promise<string> {
  return new Promise((resolve) => {
    const take = (data: unknown): void => {
      const text = String(data)
      if (text.startsWith('{"type":')) return
      socket.off('message', take)
      resolve(text)
    }
    socket.on('message', take)
  })
}

function judge(answer: string, input: string | Buffer): string {
  if (answer.startsWith('closed')) {
    // Bad frames, and those over the limit (RFC 6455 section 7.4.1: 1009).
    if (/^closed (4000|4001|1009|1007)$/.test(answer)) return answer
    throw new FuzzFinding(`the websocket was ${answer}`, input)
  }
  const reply: { ok?: boolean; error?: { code?: string } } = JSON.parse(answer)
  if (reply.ok) return 'ok'
  const code = reply.error?.code ?? 'none'
  if (['BAD_REQUEST', 'WRONG_STATE', 'UNSUPPORTED_MEDIA', 'UNSUPPORTED_PROTOCOL', 'NOT_FOUND'].includes(code))
    return code
  throw new FuzzFinding(`the reply was ${answer}`, input)
}
