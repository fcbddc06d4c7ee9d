import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { TapPorts } from '../../../src/sfu/tap-ports.ts'
import { freeUdpPorts } from '../../support/free-ports.ts'

test('gives even ports with their neighbours until there are none, and again what was given back', async () => {
  const first = await freeUdpPorts(6)
  const ports = new TapPorts(first, first + 5)
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
  const first = await freeUdpPorts(6)
  const ports = new TapPorts(first, first + 5)
  ports.release(await ports.reservePair())
  expect(await ports.reservePair()).toBe(first + 2)
})

test('never gives one pair to two who ask at once', async () => {
  const first = await freeUdpPorts(6)
  const ports = new TapPorts(first, first + 5)
  const taken = await Promise.all([ports.reservePair(), ports.reservePair(), ports.reservePair()])
  expect(new Set(taken).size).toBe(3)
})

test.each([
  [0, '127.0.0.1'],
  [1, '127.0.0.1'],
  [0, '127.0.0.2'],
])('leaves out a pair of which port %i of %s is in use by another program', async (offset, address) => {
  const first = await freeUdpPorts(6)
  const socket = createSocket('udp4').bind(first + offset, address)
  await once(socket, 'listening')
  try {
    const ports = new TapPorts(first, first + 5)
    expect(await ports.reservePair()).toBe(first + 2)
    expect(ports.inUse).toBe(1)
  } finally {
    socket.close()
  }
})

test.each([
  { min: 45_000, max: 45_004, pairs: [45_000, 45_002] },
  { min: 45_001, max: 45_005, pairs: [45_002, 45_004] },
])('$min to $max: no pair reaches beyond', async ({ min, max, pairs }) => {
  const offset = (await freeUdpPorts(6)) - 45_000
  const ports = new TapPorts(min + offset, max + offset)
  const even = (port: number) => port + offset
  expect([await ports.reservePair(), await ports.reservePair()]).toEqual(pairs.map(even))
  await expect(ports.reservePair()).rejects.toMatchObject({ code: 'NO_FREE_PORTS' })
})
