import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Cleanup } from '../../../src/cleanup.ts'
import { createDial } from '../../../src/push/connection/dial.ts'
import { createSendWebhook } from '../../../src/webhooks/send-webhook.ts'

let cleanup: Cleanup

beforeEach(() => {
  cleanup = new Cleanup()
})
afterEach(() => cleanup.run())

type Received = { path: string; headers: IncomingHttpHeaders; body: string }

/** A receiver on this machine. */
async function receiver(answer: { status: number; headers?: Record<string, string>; body?: string }) {
  const received: Received[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      received.push({
        path: `${request.method} ${request.url}`,
        headers: request.headers,
        body: String(Buffer.concat(chunks)),
      })
      response.writeHead(answer.status, answer.headers).end(answer.body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanup.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  return { received, port: (server.address() as AddressInfo).port }
}

function sender(allow: string[]) {
  const rules = { allowPrivate: false, allow, deny: [], own: () => ['8.8.8.8'] }
  return createSendWebhook(createDial({ rules, verifyTls: true, extraCa: null }))
}

const never = new AbortController().signal
const post = (url: string) => ({ url, headers: { 'webhook-id': 'msg_1' }, body: '{"type":"é"}' })

describe('sending a webhook', () => {
  test('posts the body as it was signed', async () => {
    const { received, port } = await receiver({ status: 204 })
    const result = await sender(['127.0.0.1'])(post(`http://127.0.0.1:${port}/hooks/a?b=c`), never)
    expect(result).toEqual({ status: 204, retryAfterMs: null })
    expect(received).toMatchObject([
      {
        path: 'POST /hooks/a?b=c',
        body: '{"type":"é"}',
        headers: {
          'webhook-id': 'msg_1',
          'content-type': 'application/json',
          'content-length': '13',
          host: `127.0.0.1:${port}`,
        },
      },
    ])
  })

  test('tells what the receiver answered, follows no redirect, and reads no endless body', async () => {
    const elsewhere = await receiver({ status: 200 })
    const { port } = await receiver({
      status: 302,
      headers: { location: `http://127.0.0.1:${elsewhere.port}/`, 'retry-after': '7' },
      body: 'x'.repeat(5_000_000),
    })
    const result = await sender(['127.0.0.1'])(post(`http://127.0.0.1:${port}/`), never)
    expect(result).toEqual({ status: 302, retryAfterMs: 7_000 })
    expect(elsewhere.received).toEqual([])
  })

  test('keeps out of private networks and this machine by the rules of targets', async () => {
    const { received, port } = await receiver({ status: 200 })
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '0.0.0.0', '2130706433']) {
      const result = await sender([])(post(`http://${host}:${port}/`), never)
      expect(result, host).toMatchObject({ status: null, error: expect.stringMatching(/private network/) })
    }
    for (const host of ['169.254.169.254', '10.0.0.1', '192.168.1.1', '[fd00::1]', '100.64.0.1']) {
      const result = await sender([])(post(`http://${host}/latest/meta-data`), never)
      expect(result, host).toMatchObject({ status: null, error: expect.stringMatching(/private network/) })
    }
    expect(await sender([])(post('http://8.8.8.8/'), never)).toMatchObject({
      error: expect.stringMatching(/gateway's own/),
    })
    expect(received).toEqual([])
  })

  test('says why it failed, without the address', async () => {
    const { port } = await receiver({ status: 200 })
    const send = sender(['127.0.0.1'])
    const secret = await send(post(`https://127.0.0.1:${port}/secret`), never)
    expect(secret).toMatchObject({
      status: null,
      error: expect.stringMatching(/^The TLS handshake failed: \w+\.$/),
    })
    const aborted = AbortSignal.abort()
    expect(await send(post(`http://127.0.0.1:${port}/`), aborted)).toMatchObject({ status: null })
  })

  test('notices a receiver that hangs up', async () => {
    const server = createServer((request) => request.socket.destroy())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cleanup.defer(() => void server.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    expect(await sender(['127.0.0.1'])(post(url), never)).toEqual({
      ...{ status: null, error: 'The connection broke: ECONNRESET.' },
    })
  })
})
