import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** How wrk loads a server, as others do it too: one thread, 64 connections. */
export const wrkText = 'wrk -t1 -c64'

/**
 * Asks for the same address as often as the server answers.
 * @returns answers per second.
 * @throws Error when wrk is missing or an answer was no success.
 */
export async function wrk(url: string, headers: Record<string, string>, seconds: number): Promise<number> {
  const given = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
  const [command = '', ...options] = wrkText.split(' ')
  const { stdout } = await run(command, [...options, `-d${seconds}s`, ...given, url]).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') throw new Error('wrk is missing. Install it: apt-get install wrk')
      throw error
    },
  )
  const failures = /(Non-2xx or 3xx responses|Socket errors): .*/.exec(stdout)
  if (failures) throw new Error(`${url}: ${failures[0]}`)
  return Number(/Requests\/sec: +([\d.]+)/.exec(stdout)?.[1])
}
