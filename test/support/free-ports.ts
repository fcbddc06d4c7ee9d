import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

/** A port of 127.0.0.1 that is free for UDP and TCP at this moment. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = await new Promise<number>((resolve, reject) => {
      const server = createServer()
      server.once('error', reject)
      server.listen(0, '127.0.0.1', () => {
        const address = server.address()
        server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
      })
    })
    if (await udpIsFree(port)) return port
  }
}

function udpIsFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4')
    socket.once('error', () => socket.close(() => resolve(false)))
    socket.bind(port, '127.0.0.1', () => socket.close(() => resolve(true)))
  })
}

/** The first of `count` UDP ports in a row that are free at this moment, below what the system gives out by itself. */
export async function freeUdpPorts(count: number): Promise<number> {
  for (;;) {
    const first = randomInt(10_000, 15_000) * 2
    const ports = Array.from({ length: count }, (_, index) => first + index)
    if ((await Promise.all(ports.map(udpIsFree))).every(Boolean)) return first
  }
}
