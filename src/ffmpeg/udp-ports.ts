import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

const checkEveryMs = 10

/**
 * Resolves when something listens on all these UDP ports of 127.0.0.1, or with `false` when the signal aborts first.
 * The kernel's own table tells it: ffmpeg says it only at a log level that costs more CPU than the rest of its input.
 */
export async function udpPortsBound(ports: readonly number[], signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    const bound = boundLoopbackPorts(await readFile('/proc/net/udp', 'latin1'))
    if (ports.every((port) => bound.has(port))) return true
    await delay(checkEveryMs)
  }
  return false
}

/** Ports of 127.0.0.1 in the text of /proc/net/udp, whose second column is `0100007F:AFC8` (address:port in hex). */
export function boundLoopbackPorts(table: string): Set<number> {
  const ports = new Set<number>()
  for (const [, port] of table.matchAll(/^\s*\d+: 0100007F:([0-9A-F]{4}) /gm))
    ports.add(Number.parseInt(port ?? '', 16))
  return ports
}
