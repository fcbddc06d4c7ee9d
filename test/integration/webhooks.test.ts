import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { Cleanup } from '../../src/cleanup.ts'
import { clip } from '../support/clip.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { publishTracks } from '../support/publish-tracks.ts'

const messageSchema = z.object({
  type: z.string(),
  timestamp: z.iso.datetime(),
  data: z.looseObject({ stream: z.string(), sequence: z.int(), reason: z.string() }),
})

let gateway: TestGateway
let secret = ''
const received: z.infer<typeof messageSchema>[] = []
const cleanup = new Cleanup()
const within = { timeout: 30_000, interval: 50 }

beforeAll(async () => {
  // Only what verifies is a message.
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      )
      received.push(messageSchema.parse(new Webhook(secret).verify(Buffer.concat(chunks), headers)))
      response.writeHead(204).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanup.defer(() => void server.close())
  gateway = await startGateway({
    ...{ SLUICE_RESTREAM_ALLOW: '127.0.0.1', SLUICE_RESUME_SECONDS: '1' },
    SLUICE_TARGETS: JSON.stringify({
      '*': [{ name: 'nowhere', kind: 'rtmp', url: 'rtmp://127.0.0.1:1/live', key: 'k' }],
    }),
  })
  cleanup.defer(() => gateway.close())
  const { port } = server.address() as AddressInfo
  const answer = await fetch(`${gateway.url}/api/webhooks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url: `http://127.0.0.1:${port}/hooks` }),
  })
  secret = z.object({ secret: z.string() }).parse(await answer.json()).secret
})
afterAll(() => cleanup.run())

function typesOfStream(): string[] {
  return received.filter(({ type }) => type.startsWith('stream.')).map(({ type }) => type)
}

test('a stream that goes live, is interrupted, comes back and ends is told in this order', async () => {
  const publisher = await publishTracks(gateway, 'show', ['video'])
  await publisher.send(await clip(), 'video/H264')
  await vi.waitFor(() => expect(typesOfStream()).toEqual(['stream.live']), within)
  await publisher.leave('lost')
  const back = await publishTracks(gateway, 'show', ['video'], publisher.resumeToken)
  await back.send(await clip(), 'video/H264')
  await vi.waitFor(() => expect(typesOfStream()).toHaveLength(3), within)
  await back.leave('lost')
  const ended = ['stream.live', 'stream.interrupted', 'stream.live', 'stream.interrupted', 'stream.ended']
  await vi.waitFor(() => expect(typesOfStream()).toEqual(ended), within)

  const sequences = received.map(({ data }) => data.sequence)
  expect(sequences).toEqual(sequences.toSorted((a, b) => a - b))
  expect(new Set(received.map(({ data }) => data.stream))).toEqual(new Set(['show']))
  expect(received.filter(({ type }) => type === 'stream.live').map(({ data }) => data.resumed)).toEqual([
    false,
    true,
  ])
  expect(received.find(({ type }) => type === 'target.failed')?.data).toMatchObject({
    ...{ target: 'nowhere', errorClass: 'refused' },
  })
})
