import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Cleanup } from '../../../src/cleanup.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { createServer } from '../../../src/http/server.ts'
import { createLog } from '../../../src/log.ts'
import { certificateFiles } from '../../support/certificate.ts'

/** More than all buffers between the server and a client that reads nothing. */
const large = Buffer.alloc(32 * 1024 * 1024)
const stalledAfterMs = 200
let cleanup: Cleanup

beforeEach(() => {
  cleanup = new Cleanup()
})
afterEach(() => cleanup.run())

async function start(settings: Record<string, string> = {}) {
  const { http, limits } = loadConfig(settings, null)
  const log = createLog({ level: 'silent', pretty: false })
  const server: FastifyInstance = await createServer({ ...http, ...limits }, log, { stalledAfterMs })
  cleanup.defer(() => server.close())
  const ends: string[] = []
  server.get('/large', (_, reply) => {
    reply.hijack().raw.writeHead(200, { 'content-length': large.length }).end(large)
    reply.raw.once('close', () => ends.push(reply.raw.writableFinished ? 'finished' : 'cut'))
  })
  return { ends, url: new URL(await server.listen({ host: '127.0.0.1', port: 0 })) }
}

test('over HTTP/1: a client that reads nothing is cut off, one that reads slowly is not', async () => {
  const { ends, url } = await start()
  const open = async () => {
    const socket = connect(Number(url.port), '127.0.0.1').on('error', () => undefined)
    cleanup.defer(() => void socket.destroy())
    await once(socket, 'connect')
    socket.pause()
    socket.write('GET /large HTTP/1.1\r\nhost: localhost\r\n\r\n')
    return socket
  }
  await open()
  await expect.poll(() => ends, { timeout: 5_000 }).toEqual(['cut'])
  const slow = await open()
  let bytes = 0
  slow.on('data', (data: Buffer) => {
    bytes += data.length
  })
  // In steps of a quarter of the time, for more than all of it.
  const pump = setInterval(() => (slow.isPaused() ? slow.resume() : slow.pause()), stalledAfterMs / 8)
  cleanup.defer(() => clearInterval(pump))
  await expect.poll(() => bytes, { timeout: 10_000 }).toBeGreaterThan(large.length)
  expect(ends).toEqual(['cut', 'finished'])
})

test('over HTTP/2: the answer that nobody reads ends, the others of the connection go on', async () => {
  const { certPath, keyPath, certPem } = await certificateFiles(cleanup)
  const { ends, url } = await start({ SLUICE_TLS_CERT: certPath, SLUICE_TLS_KEY: keyPath })
  const session = connectHttp2(url, { ca: certPem, checkServerIdentity: () => undefined })
  cleanup.defer(() => session.destroy())
  const unread = session.request({ ':path': '/large' })
  unread.on('error', () => undefined).pause()
  await once(unread, 'response')
  await expect.poll(() => ends, { timeout: 5_000 }).toEqual(['cut'])
  const read = session.request({ ':path': '/large' })
  let bytes = 0
  read.on('data', (data: Buffer) => {
    bytes += data.length
  })
  await once(read, 'end')
  expect(bytes).toBe(large.length)
})
