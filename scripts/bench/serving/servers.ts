import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Cleanup } from '../../../src/cleanup.ts'
import { freePort } from '../../../test/support/free-ports.ts'
import { until } from '../until.ts'
import { startNginx } from './nginx.ts'

/** What is served: paths at the gateway, and the bytes behind them. */
export type Served = { playlistPath: string; playlist: Buffer; segmentPath: string; segment: Buffer }

export type Server = { name: string; playlistUrl: string; segmentUrl: string }

const ramDisk = '/dev/shm'
const repository = join(import.meta.dirname, '../../..')

/** The gateway, and others that serve the same bytes: closed by `cleanup`. */
export async function startServers(gatewayUrl: string, served: Served, cleanup: Cleanup): Promise<Server[]> {
  const directory = await mkdtemp(join(ramDisk, 'sluice-bench-'))
  cleanup.defer(() => rm(directory, { recursive: true }))
  await chmod(directory, 0o755)
  const at = (name: string, origin: string, playlist = '/playlist.m3u8', segment = '/segment.m4s') => ({
    ...{ name, playlistUrl: origin + playlist, segmentUrl: origin + segment },
  })
  const root = join(directory, 'root')
  await mkdir(root)
  await writeFile(join(root, 'playlist.m3u8'), served.playlist)
  await writeFile(join(root, 'playlist.m3u8.gz'), gzipSync(served.playlist))
  await writeFile(join(root, 'segment.m4s'), served.segment)

  const nginxPort = await freePort()
  cleanup.defer(await startNginx(directory, staticConfig(directory, nginxPort), nginxPort))

  const cachePort = await freePort()
  const cacheDirectory = join(directory, 'cache')
  await mkdir(cacheDirectory)
  const cacheConfig = (await readFile(join(repository, 'docker/hls-cache/nginx.conf'), 'utf8'))
    .replaceAll('/tmp/', `${cacheDirectory}/`)
    .replace('gateway:8080', new URL(gatewayUrl).host)
    .replace('listen 8081', `listen 127.0.0.1:${cachePort}`)
  cleanup.defer(await startNginx(cacheDirectory, cacheConfig, cachePort))

  const nodePort = await freePort()
  const node = `http://127.0.0.1:${nodePort}`
  cleanup.defer(await startBareNode(nodePort, root))
  return [
    at('nginx, RAM disk', `http://127.0.0.1:${nginxPort}`),
    at('gateway', gatewayUrl, served.playlistPath, served.segmentPath),
    at('nginx cache before it', `http://127.0.0.1:${cachePort}`, served.playlistPath, served.segmentPath),
    at('bare node:http', node),
  ]
}

function staticConfig(directory: string, port: number): string {
  return `worker_processes auto;
pid ${directory}/nginx.pid;
error_log stderr error;
events { worker_connections 4096; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  open_file_cache max=16;
  gzip_static on;
  server { listen 127.0.0.1:${port}; root ${directory}/root; }
}
`
}

async function startBareNode(port: number, root: string): Promise<() => Promise<void>> {
  const main = join(import.meta.dirname, 'bare-node-main.ts')
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, String(port), root], {
    stdio: 'inherit',
  })
  const exited = once(child, 'exit')
  const close = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exited
  }
  try {
    await until('Node listens', 5_000, () =>
      fetch(`http://127.0.0.1:${port}/`).then(
        ({ ok }) => ok,
        () => false,
      ),
    )
  } catch (error) {
    await close()
    throw error
  }
  return close
}
