import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Cleanup } from '../../../../src/cleanup.ts'
import { Relay } from '../../../../src/push/connection/relay.ts'

let cleanup: Cleanup
beforeEach(() => {
  cleanup = new Cleanup()
})
afterEach(() => cleanup.run())

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
  const relay = await Relay.open(near)
  cleanup.defer(() => relay.close())
  const local = connect(relay.port, '127.0.0.1')
  cleanup.defer(() => void local.destroy())
  local.on('error', () => local.destroy())
  return { relay, local, far, near }
}

test('passes on both ways, and counts', async () => {
  const { relay, local, far, near } = await open()
  local.write('hello')
  expect(String((await once(far, 'data'))[0])).toBe('hello')
  far.write('you')
  expect(String((await once(local, 'data'))[0])).toBe('you')
  expect(relay).toMatchObject({ writtenBytes: 5, receivedBytes: 3, code: null })
  expect(relay.endpoints).toEqual({
    localPort: near.localPort,
    remoteAddress: '127.0.0.1',
    remotePort: near.remotePort,
  })
})

test('sends what is left when ffmpeg is done, then the end', async () => {
  const { local, far } = await open()
  const chunks: Buffer[] = []
  far.on('data', (chunk: Buffer) => void chunks.push(chunk))
  local.end(Buffer.alloc(300_000))
  await once(far, 'end')
  expect(Buffer.concat(chunks)).toHaveLength(300_000)
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

test('survives an error while it opens, and takes nobody then', async () => {
  const { near } = await pair()
  const opening = Relay.open(near)
  near.destroy(Object.assign(new Error('gone'), { code: 'ECONNRESET' }))
  const relay = await opening
  cleanup.defer(() => relay.close())
  expect(relay.code).toBe('ECONNRESET')
  const local = connect(relay.port, '127.0.0.1')
  await once(local, 'close')
})
