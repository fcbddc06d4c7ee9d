import { existsSync } from 'node:fs'

/** Both are part of util-linux, which Debian never is without. */
const setpriv = '/usr/bin/setpriv'
const prlimit = '/usr/bin/prlimit'

/**
 * Memory that one ffmpeg may have: its heap, stacks and writable data (RLIMIT_DATA), in bytes. A transcode of 4K takes
 * about a quarter of it. Address space (RLIMIT_AS) would be no measure: the C library reserves 64 MB of it per thread.
 */
export const maxChildBytes = 2 * 1024 ** 3

/** A command line: what the kernel starts, and the arguments in front of the program's own. */
export type GuardedCommand = { command: string; leading: readonly string[] }

/**
 * The command line that starts a program so that it dies with the process that started it, also when that one gets a
 * SIGKILL, and so that the kernel refuses it more than `maxChildBytes`. Both programs in front of it replace themselves
 * by the next one, so the pid is the program's. Where they are missing (not Linux) the program starts without them.
 */
export function guardedCommand(
  binary: string,
  exists: (path: string) => boolean = existsSync,
): GuardedCommand {
  const words = [
    ...(exists(setpriv) ? [setpriv, '--pdeathsig', 'KILL', '--'] : []),
    ...(exists(prlimit) ? [prlimit, `--data=${maxChildBytes}`, '--'] : []),
    binary,
  ]
  const [command = binary, ...leading] = words
  return { command, leading }
}
