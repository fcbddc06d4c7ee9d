import { describe, expect, test } from 'vitest'
import { CommandRewriter } from '../../../../../src/push/connection/rtmp/command-rewriter.ts'
import { randomOf } from '../../../../support/random-of.ts'
import {
  connectCommand,
  handshake,
  message,
  nameCommand,
  number,
  publishCommand,
  text,
} from './client-bytes.ts'

const key = `key?${'token'.repeat(60)}`
const names = new Map([
  ['app-x', 'live'],
  ['name-x', key],
  ['url-x', 'rtmps://server:443/live'],
])
const command = 20
const connect = message(3, command, connectCommand('app-x', 'url-x'))
const realConnect = message(3, command, connectCommand('live', 'rtmps://server:443/live'))

function rewriter(): CommandRewriter {
  return new CommandRewriter(names, 'app-x')
}

/** What comes out for all of the bytes, however they are cut. */
function rewritten(bytes: Buffer, cut: (left: number) => number = (left) => left): Buffer {
  const commands = rewriter()
  const out: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const to = at + cut(bytes.length - at)
    out.push(...commands.push(Buffer.from(bytes.subarray(at, to))))
    at = to
  }
  return Buffer.concat(out)
}

const chunkSize = (bytes: number) => {
  const payload = Buffer.alloc(4)
  payload.writeUInt32BE(bytes)
  return message(2, 1, payload)
}
const media = (timestamp: number, bytes: number, chunkBytes = 128) =>
  message(6, 9, Buffer.alloc(bytes, 0x14), { timestamp, chunkBytes, streamId: 1 })

/** As ffmpeg sends it: later headers build on earlier ones, and its chunks grow when the server says so. */
const session = {
  sent: Buffer.concat([
    ...[handshake, connect],
    // Format 1: its own delta, length and type.
    Buffer.concat([Buffer.of(0x43, 0, 0, 5, 0, 0, nameCommand('releaseStream', 'name-x').length, command)]),
    nameCommand('releaseStream', 'name-x'),
    ...[chunkSize(4096), message(8, command, publishCommand('name-x'), { chunkBytes: 4096, streamId: 1 })],
    ...[media(0, 10_000, 4096), media(40, 5_000, 4096)],
    // Format 3: an equal message, whose header only repeats.
    ...[Buffer.of(0xc8), publishCommand('name-x'), message(3, command, nameCommand('FCUnpublish', 'name-x'))],
  ]),
  received: Buffer.concat([
    ...[handshake, realConnect],
    message(3, command, nameCommand('releaseStream', key), { timestamp: 5 }),
    ...[chunkSize(4096), message(8, command, publishCommand(key), { chunkBytes: 4096, streamId: 1 })],
    ...[media(0, 10_000, 4096), media(40, 5_000, 4096)],
    message(8, command, publishCommand(key), { chunkBytes: 4096, streamId: 1 }),
    message(3, command, nameCommand('FCUnpublish', key), { chunkBytes: 4096 }),
  ]),
}

describe('the names in the commands of an RTMP client', () => {
  test('are replaced from its first to its last command, and nothing else changes', () => {
    expect(rewritten(session.sent)).toEqual(session.received)
  })

  test.each([1, 2, 7, 128, 129, 1000])('wherever the bytes are cut: every %i', (size) => {
    expect(rewritten(session.sent, () => size)).toEqual(session.received)
  })

  test('and at 200 random cuts', () => {
    for (let seed = 0; seed < 200; seed += 1) {
      const next = randomOf(seed)
      expect(rewritten(session.sent, (left) => 1 + Math.floor(next() * Math.min(left, 3_000)))).toEqual(
        session.received,
      )
    }
  })

  test('media passes as the bytes that came, without a copy', () => {
    const commands = rewriter()
    commands.push(Buffer.concat([handshake, connect]))
    const bytes = media(0, 100_000)
    const [only, ...more] = commands.push(bytes)
    expect(more).toEqual([])
    expect(only?.buffer).toBe(bytes.buffer)
    expect(only).toHaveLength(bytes.length)
  })

  test('also after 4.7 hours, when timestamps need 32 bits, in each chunk', () => {
    const late = [0xfffffe, 0xffffff, 0x1000000, 2 ** 31, 2 ** 32 - 1].map((timestamp) =>
      media(timestamp, 300),
    )
    const end = (name: string) =>
      message(3, command, nameCommand('FCUnpublish', name), { timestamp: 2 ** 31 })
    expect(rewritten(Buffer.concat([handshake, connect, ...late, end('name-x')]), () => 100)).toEqual(
      Buffer.concat([handshake, realConnect, ...late, end(key)]),
    )
  })

  test('a format 3 message on a chunk stream with 32 bits of timestamp repeats them', () => {
    const payload = nameCommand('FCUnpublish', 'name-x')
    const first = message(3, command, payload, { timestamp: 0x1000001 })
    const again = Buffer.concat([Buffer.of(0xc3, 1, 0, 0, 1), payload])
    const real = (timestamp: number) => message(3, command, nameCommand('FCUnpublish', key), { timestamp })
    expect(rewritten(Buffer.concat([handshake, connect, first, again]))).toEqual(
      Buffer.concat([handshake, realConnect, real(0x1000001), real(0x2000002)]),
    )
  })

  test('a format 2 message has a delta of its own', () => {
    const payload = nameCommand('FCUnpublish', 'name-x')
    const first = message(3, command, payload, { timestamp: 100 })
    const later = Buffer.concat([Buffer.of(0x83, 0, 1, 0), payload])
    const real = (timestamp: number) => message(3, command, nameCommand('FCUnpublish', key), { timestamp })
    expect(rewritten(Buffer.concat([handshake, connect, first, later]))).toEqual(
      Buffer.concat([handshake, realConnect, real(100), real(356)]),
    )
  })

  test.each([3, 63, 64, 319, 320, 65_599])('on chunk stream %i', (id) => {
    const sent = message(id, command, nameCommand('publish', 'name-x'))
    expect(rewritten(Buffer.concat([handshake, connect, sent]), () => 3)).toEqual(
      Buffer.concat([handshake, realConnect, message(id, command, nameCommand('publish', key))]),
    )
  })

  test('chunks of several messages may alternate', () => {
    const payload = publishCommand('name-x'.padEnd(200, '-'))
    const whole = message(8, command, payload)
    const head = 12 + 128
    const audio = message(4, 8, Buffer.alloc(20, 7))
    expect(
      rewritten(Buffer.concat([handshake, connect, whole.subarray(0, head), audio, whole.subarray(head)])),
    ).toEqual(Buffer.concat([handshake, realConnect, audio, whole]))
  })

  test('an empty message is one', () => {
    const empty = message(6, 9, Buffer.alloc(0))
    expect(rewritten(Buffer.concat([handshake, connect, empty, connect]))).toEqual(
      Buffer.concat([handshake, realConnect, empty, realConnect]),
    )
  })
})

describe('a client is turned away', () => {
  test.each([
    ['that does not know the proof', message(3, command, connectCommand('live', 'url-x'))],
    ['that sends media first', media(0, 10)],
    ['that builds on a header that there was not', Buffer.of(0xc3)],
    ['with a command that is too long', message(3, command, Buffer.alloc(70_000))],
    ['whose command is no AMF0', message(3, command, Buffer.of(99, 1, 2))],
    ['with chunks of no bytes', Buffer.concat([chunkSize(0)])],
  ])('%s', (_what, bytes) => {
    expect(() => rewriter().push(Buffer.concat([handshake, bytes]))).toThrow(RangeError)
  })

  test('with no name told to it', () => {
    const commands = rewriter()
    expect(() =>
      commands.push(Buffer.concat([handshake, message(3, command, connectCommand('a', 'url-x'))])),
    ).toThrow('not the expected')
  })

  test('one whose first message sets the size of chunks is not', () => {
    const big = message(3, command, connectCommand('app-x', 'url-x'), { chunkBytes: 4096 })
    expect(rewritten(Buffer.concat([handshake, chunkSize(4096), big]))).toEqual(
      Buffer.concat([
        ...[handshake, chunkSize(4096)],
        message(3, command, connectCommand('live', 'rtmps://server:443/live'), { chunkBytes: 4096 }),
      ]),
    )
  })

  test('a command of 64 KB is not', () => {
    const payload = Buffer.concat([
      connectCommand('app-x', 'url-x'),
      ...Array.from({ length: 500 }, () => text('x'.repeat(100))),
      number(1),
    ])
    expect(rewritten(Buffer.concat([handshake, message(3, command, payload)])).length).toBeGreaterThan(50_000)
  })
})
