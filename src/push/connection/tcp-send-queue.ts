import { readFile } from 'node:fs/promises'
import ipaddr from 'ipaddr.js'
import type { Endpoints } from './relay.ts'

/** All pushes ask twice a second; one look at the kernel's list serves those that ask at about the same time. */
const keepMs = 250

let shared: { atMs: number; text: Promise<string> } | null = null

/**
 * Bytes of a TCP connection that the other side has not acknowledged: they were sent, but nobody says that they
 * arrived. They count only for a machine's own connections.
 * @returns null when the connection is gone, or when this system has no /proc.
 */
export async function unacknowledgedBytes(endpoints: Endpoints): Promise<number | null> {
  const nowMs = performance.now()
  if (!shared || nowMs - shared.atMs > keepMs) shared = { atMs: nowMs, text: readTables() }
  return sendQueueOf(await shared.text, endpoints)
}

async function readTables(): Promise<string> {
  const tables = await Promise.allSettled(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'latin1')),
  )
  return tables.map((table) => (table.status === 'fulfilled' ? table.value : '')).join('')
}

/** Reads tx_queue out of the text of /proc/net/tcp (proc_net_tcp(5)): `sl local remote st tx_queue:rx_queue …`, in hex. */
export function sendQueueOf(
  text: string,
  { localPort, remoteAddress, remotePort }: Endpoints,
): number | null {
  const local = `:${hexPort(localPort)}`
  const remote = ` ${hexAddress(remoteAddress)}:${hexPort(remotePort)} `
  for (let at = text.indexOf(remote); at >= 0; at = text.indexOf(remote, at + 1)) {
    if (!text.startsWith(local, at - local.length)) continue
    // Behind the addresses: two digits of state, a blank, eight of the queue.
    const queue = Number.parseInt(text.slice(at + remote.length + 3, at + remote.length + 11), 16)
    if (!Number.isNaN(queue)) return queue
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
