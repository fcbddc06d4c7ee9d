import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { TapPorts } from '../../../src/sfu/tap-ports.ts'
import { freeUdpPorts } from '../../support/free-ports.ts'

test.each([
  { min: 45_000, max: 45_007, pairs: 2, sfu: { min: 45_005, max: 45_007 } },
  { min: 45_001, max: 45_008, pairs: 2, sfu: { min: 45_006, max: 45_008 } },
  { min: 45_000, max: 46_999, pairs: 666, sfu: { min: 46_333, max: 46_999 } },
])('$min to $max: its parts do not overlap', ({ min, max, pairs, sfu }) => {
  const ports = new TapPorts(min, max)
  expect(ports.sfuRange).toEqual(sfu)
  const firstEven = min + (min % 2)
  expect(firstEven + 2 * pairs).toBeLessThanOrEqual(sfu.min)
})

test('gives even ports with their neighbours until there are none, and again what was given back', async () => {
  const first = await freeUdpPorts(9)
  const ports = new TapPorts(first, first + 8)
  const taken = [await ports.reservePair(), await ports.reservePair(), await ports.reservePair()]
  expect(taken).toEqual([first, first + 2, first + 4])
  expect(ports.inUse).toBe(3)
  await expect(ports.reservePair()).rejects.toMatchObject({
    code: 'NO_FREE_PORTS',
    message: expect.stringContaining('SLUICE_TAP_PORT_MAX'),
  })
  expect(ports.inUse).toBe(3)
  ports.release(first + 2)
  expect(ports.inUse).toBe(2)
  expect(await ports.reservePair()).toBe(first + 2)
})

test('goes on in turn: a port that was just given back is taken last', async () => {
  const first = await freeUdpPorts(9)
  const ports = new TapPorts(first, first + 8)
  ports.release(await ports.reservePair())
  expect(await ports.reservePair()).toBe(first + 2)
})

test('never gives one pair to two who ask at once', async () => {
  const first = await freeUdpPorts(9)
  const ports = new TapPorts(first, first + 8)
  const taken = await Promise.all([ports.reservePair(), ports.reservePair(), ports.reservePair()])
  expect(new Set(taken).size).toBe(3)
})

test.each([0, 1])('leaves out a pair of which port %i is in use by somebody else', async (offset) => {
  const first = await freeUdpPorts(9)
  const socket = createSocket('udp4').bind(first + offset, '127.0.0.1')
  await once(socket, 'listening')
  try {
    const ports = new TapPorts(first, first + 8)
    expect(await ports.reservePair()).toBe(first + 2)
    expect(ports.inUse).toBe(1)
  } finally {
    socket.close()
  }
})
