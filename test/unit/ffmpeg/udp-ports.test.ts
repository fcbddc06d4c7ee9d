import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { boundLoopbackPorts, udpPortsBound } from '../../../src/ffmpeg/udp-ports.ts'
import { freeUdpPorts } from '../../support/free-ports.ts'

test('reads the ports of 127.0.0.1 out of the table', () => {
  const table = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
 1234: 0100007F:AFC8 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 11 2 0 0
    7: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 12 2 0 0
99999: 0100007F:0035 0100007F:AFC9 01 00000000:00000000 00:00000000 00000000     0        0 13 2 0 0
`
  expect([...boundLoopbackPorts(table)]).toEqual([0xafc8, 0x35])
  expect(boundLoopbackPorts('').size).toBe(0)
})

test('waits until all ports are bound', async () => {
  const first = await freeUdpPorts(2)
  const one = createSocket('udp4').bind(first, '127.0.0.1')
  await once(one, 'listening')
  const other = createSocket('udp4')
  try {
    const bound = udpPortsBound([first, first + 1], new AbortController().signal)
    other.bind(first + 1, '127.0.0.1')
    expect(await bound).toBe(true)
  } finally {
    one.close()
    other.close()
  }
})

test('gives up when it is told to', async () => {
  const [port] = [await freeUdpPorts(1)]
  const abort = new AbortController()
  const bound = udpPortsBound([port], abort.signal)
  abort.abort()
  expect(await bound).toBe(false)
})
