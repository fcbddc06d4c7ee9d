import { readFile } from 'node:fs/promises'
import ipaddr from 'ipaddr.js'

/** Both ends of a TCP connection of this machine. */
export type Endpoints = { localPort: number; remoteAddress: string; remotePort: number }

export type TcpSocket = {
  /** Bytes that the other side has not acknowledged. */
  sendQueueBytes: number
  /** User id of its process. */
  ownerId: number
}

/** The kernel's lists of TCP sockets (proc_net_tcp(5)), IPv4 and IPv6; empty on a system without them. */
export async function readTcpTables(): Promise<string> {
  const tables = await Promise.allSettled(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'latin1')),
  )
  return tables.map((table) => (table.status === 'fulfilled' ? table.value : '')).join('')
}

/** Finds a socket in the lists: `sl local remote st tx_queue:rx_queue tr:when retrnsmt uid …`, all but the uid in hex. */
export function findTcpSocket(
  tables: string,
  { localPort, remoteAddress, remotePort }: Endpoints,
): TcpSocket | null {
  const local = `:${hexPort(localPort)}`
  const remote = ` ${hexAddress(remoteAddress)}:${hexPort(remotePort)} `
  for (let at = tables.indexOf(remote); at >= 0; at = tables.indexOf(remote, at + 1)) {
    if (!tables.startsWith(local, at - local.length)) continue
    const [, queues = '', , , owner = ''] = tables
      .slice(at + remote.length, at + remote.length + 80)
      .split(/ +/)
    const sendQueueBytes = Number.parseInt(queues, 16)
    const ownerId = Number.parseInt(owner, 10)
    if (!Number.isNaN(sendQueueBytes) && !Number.isNaN(ownerId)) return { sendQueueBytes, ownerId }
  }
  return null
}

function hexPort(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0')
}

/** The kernel prints each 32 bits of an address as a number of the machine: little-endian wherever mediasoup runs. */
function hexAddress(address: string): string {
  const bytes = Buffer.from(ipaddr.parse(address).toByteArray()).swap32()
  return bytes.toString('hex').toUpperCase()
}
