import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import type { Cleanup } from '../../src/cleanup.ts'
import { freePort } from './free-ports.ts'

const secret = 'a-secret-of-the-test'

/**
 * coturn with the configuration of the compose profile, on loopback.
 * @returns the gateway's settings for it
 */
export async function startCoturn(cleanup: Cleanup): Promise<Record<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-turn-'))
  cleanup.defer(() => rm(folder, { recursive: true, force: true }))
  const port = await freePort()
  const shipped = await readFile(join(import.meta.dirname, '../../docker/coturn/turnserver.conf'), 'utf8')
  const own = [
    `static-auth-secret=${secret}`,
    'listening-ip=127.0.0.1',
    'relay-ip=127.0.0.1',
    'allow-loopback-peers',
    // As start.sh writes it: nothing but the gateway.
    'denied-peer-ip=0.0.0.0-255.255.255.255',
    'allowed-peer-ip=127.0.0.1',
  ]
  const file = join(folder, 'turnserver.conf')
  const text = shipped
    .replace('listening-port=3478', `listening-port=${port}`)
    .replaceAll('/tmp/', `${folder}/`)
  await writeFile(file, `${text}\n${own.join('\n')}\n`)
  const child = spawn('turnserver', ['-c', file], { stdio: 'ignore' })
  const exited = once(child, 'exit')
  cleanup.defer(async () => {
    child.kill('SIGKILL')
    await exited
  })
  // It says when it listens, but into a buffer.
  await vi.waitFor(() => connectTo(port), { timeout: 10_000, interval: 50 })
  return {
    SLUICE_TURN_URLS: JSON.stringify([`turn:127.0.0.1:${port}?transport=udp`]),
    SLUICE_TURN_SECRET: secret,
  }
}

async function connectTo(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
  } finally {
    socket.destroy()
  }
}
