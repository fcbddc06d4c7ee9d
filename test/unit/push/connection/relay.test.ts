import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Cleanup } from '../../../../src/cleanup.ts'
import { Relay } from '../../../../src/push/connection/relay.ts'
import { connectCommand, handshake, message } from './rtmp/client-bytes.ts'

let cleanup: Cleanup
beforeEach(() => {
  cleanup = new Cleanup()
})
afterEach(() => cleanup.run())

const names = { app: 'live', playPath: 'key', tcUrl: 'rtmp://server/live' }

/** A connection of this process, and its other end. */
async function pair(): Promise<{ near: Socket; far: Socket }> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanup.defer(() => void server.close())
  const address = server.address()
  const accepted = once(server, 'connection')
  const near = connect(typeof address === 'object' && address ? address.port : 0, '127.0.0.1')
  const [far]: Socket[] = await accepted
  if (!far) throw new Error('nobody came')
  cleanup.defer(() => void far.destroy())
  far.on('error', () => far.destroy())
  return { near, far }
}

async function open() {
  const { near, far } = await pair()
  const relay = await Relay.open(near, names)
  cleanup.defer(() => relay.close())
  const { port } = relay
  const local = connect(port, '127.0.0.1')
  cleanup.defer(() => void local.destroy())
  local.on('error', () => local.destroy())
  return { relay, port, local, far, near }
}

/** What a client sends until media follows: with placeholders, and as the server gets it. */
function begin({ placeholders: { app, tcUrl } }: Relay) {
  return {
    sent: Buffer.concat([handshake, message(3, 20, connectCommand(app, tcUrl))]),
    received: Buffer.concat([handshake, message(3, 20, connectCommand('live', 'rtmp://server/live'))]),
  }
}

/** Everything that comes, up to the end. */
async function everything(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => void chunks.push(chunk))
  await once(socket, 'end')
  return Buffer.concat(chunks)
}

test('passes on both ways with the real names, and counts', async () => {
  const { relay, local, far, near } = await open()
  const { sent, received } = begin(relay)
  let seen = Buffer.alloc(0)
  far.on('data', (chunk: Buffer) => {
    seen = Buffer.concat([seen, chunk])
  })
  local.write(sent)
  await expect.poll(() => seen).toEqual(received)
  far.write('you')
  expect(String((await once(local, 'data'))[0])).toBe('you')
  expect(relay).toMatchObject({
    ...{ writtenBytes: received.length, receivedBytes: 3, code: null, fault: null },
  })
  expect(relay.endpoints).toEqual({
    localPort: near.localPort,
    remoteAddress: '127.0.0.1',
    remotePort: near.remotePort,
  })
})

test('sends what is left when ffmpeg is done, then the end, however slowly the server reads', async () => {
  const { relay, local, far } = await open()
  const { sent, received } = begin(relay)
  const media = message(6, 9, Buffer.alloc(8_000_000, 7))
  local.end(Buffer.concat([sent, media]))
  expect((await everything(far)).equals(Buffer.concat([received, media]))).toBe(true)
})

test.each([
  ['a reset', (far: Socket) => void far.resetAndDestroy(), 'ECONNRESET'],
  ['an end in good order', (far: Socket) => void far.end(), 'CLOSED'],
])('ends ffmpeg’s connection after %s, and knows why', async (_what, end, code) => {
  const { relay, local, far } = await open()
  local.write('hello')
  await once(far, 'data')
  const closed = once(local, 'close')
  end(far)
  await closed
  expect(relay.code).toBe(code)
})

test('turns a client away that does not know the placeholders: it gets no names, and the server no commands', async () => {
  const { relay, local, far } = await open()
  const arrived = everything(far)
  local.write(Buffer.concat([handshake, message(3, 20, connectCommand('live', 'rtmp://server/live'))]))
  await once(local, 'close')
  const bytes = await arrived
  expect(bytes).toEqual(handshake.subarray(0, bytes.length))
  expect(String(relay.fault)).toMatch(/not the expected/)
})

test('gives each push placeholders of its own, which hold nothing of the names', async () => {
  const [first, second] = [await open(), await open()]
  const all = [first, second].flatMap(({ relay }) => Object.values(relay.placeholders))
  expect(new Set(all).size).toBe(6)
  expect(all.join(' ')).not.toMatch(/live|key|server/)
})

test('accepts one connection only', async () => {
  const { port, local, far } = await open()
  local.write('x')
  await once(far, 'data')
  const second = connect(port, '127.0.0.1')
  await expect(once(second, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test('lets no other user of the machine in, and its own one afterwards', async () => {
  const { near, far } = await pair()
  const relay = await Relay.open(near, names)
  cleanup.defer(() => relay.close())
  const ownId = process.getuid?.() ?? 0
  // For the kernel, the connections of this process are another user's then.
  const getuid = vi.spyOn(process, 'getuid').mockReturnValue(ownId + 1)
  cleanup.defer(() => getuid.mockRestore())
  const stranger = connect(relay.port, '127.0.0.1')
  stranger.resume()
  await once(stranger, 'close')
  getuid.mockRestore()
  const local = connect(relay.port, '127.0.0.1')
  cleanup.defer(() => void local.destroy())
  local.write('own')
  expect(String((await once(far, 'data'))[0])).toBe('own')
})

test('survives an error while it opens, and accepts no connection then', async () => {
  const { near } = await pair()
  const opening = Relay.open(near, names)
  near.destroy(Object.assign(new Error('gone'), { code: 'ECONNRESET' }))
  const relay = await opening
  cleanup.defer(() => relay.close())
  expect(relay.code).toBe('ECONNRESET')
  const local = connect(relay.port, '127.0.0.1')
  await once(local, 'close')
})
