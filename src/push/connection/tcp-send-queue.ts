import { type Endpoints, findTcpSocket, readTcpTables } from './tcp-table.ts'

/** All pushes ask twice a second; one look at the kernel's list serves those that ask at about the same time. */
const keepMs = 250

let shared: { atMs: number; text: Promise<string> } | null = null

/**
 * Bytes of a TCP connection that the other side has not acknowledged: they were sent, but no acknowledgement says that they
 * arrived. They count only for a machine's own connections.
 * @returns null when the connection is gone, or when this system has no /proc.
 */
export async function unacknowledgedBytes(endpoints: Endpoints): Promise<number | null> {
  const nowMs = performance.now()
  if (!shared || nowMs - shared.atMs > keepMs) shared = { atMs: nowMs, text: readTcpTables() }
  return findTcpSocket(await shared.text, endpoints)?.sendQueueBytes ?? null
}
