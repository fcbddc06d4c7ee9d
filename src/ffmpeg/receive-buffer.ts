import { readFileSync } from 'node:fs'

/** Socket buffer that packagers ask for, in bytes: a burst of 30 ms at 1 Gbit/s, or any keyframe. */
export const receiveBufferBytes = 4_194_304

/**
 * A sentence for the log when the kernel gives sockets less than packagers ask for: a large keyframe comes as one burst,
 * and what does not fit into the buffer is lost. Undefined when all is well.
 * @param rmemMax text of `/proc/sys/net/core/rmem_max`; undefined where there is no such file.
 */
export function receiveBufferWarning(rmemMax: string | undefined): string | undefined {
  const bytes = Number(rmemMax)
  if (rmemMax === undefined || !(bytes < receiveBufferBytes)) return undefined
  return `The kernel gives sockets ${bytes} bytes of buffer; large keyframes may lose packets. Set net.core.rmem_max to ${receiveBufferBytes}: sysctl -w net.core.rmem_max=${receiveBufferBytes}`
}

export function readRmemMax(): string | undefined {
  try {
    return readFileSync('/proc/sys/net/core/rmem_max', 'latin1').trim()
  } catch {
    // Not Linux, or a container that hides it.
    return undefined
  }
}
