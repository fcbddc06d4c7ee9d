import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { until } from '../until.ts'

/**
 * Runs nginx until the undo is called.
 * @param directory for its files.
 * @param config that listens on `port`.
 */
export async function startNginx(
  directory: string,
  config: string,
  port: number,
): Promise<() => Promise<void>> {
  const file = join(directory, 'nginx.conf')
  // Started by root, its workers would be another user, who may not read the directory.
  await writeFile(file, process.getuid?.() === 0 ? `user root;\n${config}` : config)
  const child = spawn('nginx', ['-e', 'stderr', '-c', file, '-g', 'daemon off;'], {
    // Debian keeps it where only root's PATH looks.
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-2_000)
  })
  await once(child, 'spawn')
  const exited = once(child, 'exit')
  const close = async (): Promise<void> => {
    child.kill('SIGTERM')
    await exited
  }
  try {
    await until('nginx listens', 5_000, async () => {
      if (child.exitCode !== null) throw new Error(`nginx ended: ${complaints}`)
      return await answers(port)
    })
  } catch (error) {
    await close()
    throw error
  }
  return close
}

async function answers(port: number): Promise<boolean> {
  try {
    await (await fetch(`http://127.0.0.1:${port}/`)).arrayBuffer()
    return true
  } catch {
    return false // it does not listen yet
  }
}
