import { describe, expect, test } from 'vitest'
import { idOf, requestSchema } from '../../../src/ingest/protocol.ts'

describe('a request', () => {
  test.each([
    { id: 0, type: 'publish', protocol: 1, kinds: ['audio', 'video'] },
    // Another version must be understood well enough to be refused for it.
    { id: 1, type: 'publish', protocol: 99, kinds: ['video'], resumeToken: 'x' },
    { id: 2, type: 'connect', dtlsParameters: { anything: [1] } },
    { id: 3, type: 'produce', kind: 'audio', rtpParameters: {} },
    { id: 4, type: 'unproduce', producerId: 'x' },
    { id: 5, type: 'restartIce' },
    { id: 6, type: 'stop' },
  ])('$type is taken as it is', (request) => {
    expect(requestSchema.parse(request)).toEqual(request)
  })

  test.each([
    { id: 1.5, type: 'stop' },
    { id: '1', type: 'stop' },
    { id: 2 ** 60, type: 'stop' },
    { type: 'stop' },
    { id: 1, type: 'STOP' },
    { id: 1, type: 'stop', more: true },
    { id: 1, type: 'publish', protocol: '1', kinds: ['video'] },
    { id: 1, type: 'publish', protocol: 1, kinds: [] },
    { id: 1, type: 'publish', protocol: 1, kinds: ['video', 'audio', 'video'] },
    { id: 1, type: 'publish', protocol: 1, kinds: ['text'] },
    { id: 1, type: 'publish', protocol: 1, kinds: ['video'], resumeToken: 'x'.repeat(65) },
    { id: 1, type: 'connect', dtlsParameters: [] },
    { id: 1, type: 'produce', kind: 'text', rtpParameters: {} },
    { id: 1, type: 'unproduce', producerId: 'x'.repeat(65) },
  ])('%o is refused', (request) => {
    expect(requestSchema.safeParse(request).success).toBe(false)
  })
})

test.each([
  [{ id: 7 }, 7],
  [{ id: 7, type: 'fly', more: true }, 7],
  [{ id: -1 }, null],
  [{ id: '7' }, null],
  [{}, null],
  [null, null],
  ['7', null],
])('the id of %o is %o', (frame, id) => {
  expect(idOf(frame)).toBe(id)
})
