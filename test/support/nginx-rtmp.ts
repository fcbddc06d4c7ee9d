import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { runTool } from './run-tool.ts'

const modulePath = process.env.SLUICE_NGINX_RTMP_MODULE || '/usr/lib/nginx/modules/ngx_rtmp_module.so'
const streamModulePath = '/usr/lib/nginx/modules/ngx_stream_module.so'

export type NginxRtmpOptions = {
  /** Port of a server that was there before; else a free one. */
  port?: number
  /** URL that is asked before a publisher is taken: 2xx lets it in. */
  onPublish?: string
  /** Names of the applications; `live` unless told otherwise. */
  applications?: readonly string[]
  /** Also takes RTMPS, with a certificate that it signed itself, through a TLS proxy in front. */
  tls?: boolean
  /** Also has a port that takes only so many bytes per second, and keeps few in stock. */
  slowBytesPerSecond?: number
}

/** A real RTMP server on loopback: one process. */
export type NginxRtmp = {
  port: number
  /** `rtmp://127.0.0.1:port/live`; a stream's name comes behind it with a slash. */
  url: string
  /** The same by RTMPS, and its certificate; empty without `tls`. */
  tlsUrl: string
  certificatePath: string
  /** The same as `url` by the slow port; empty without one. */
  slowUrl: string
  pid: number
  /** It keeps its connections and does nothing any more. */
  freeze(): void
  thaw(): void
  /** Ends it, frozen or not; resolves when it is gone. May be called twice. */
  stop(): Promise<void>
}

/** Starts nginx with the RTMP module in a directory of its own; resolves when it takes connections. */
export async function startNginxRtmp(options: NginxRtmpOptions = {}): Promise<NginxRtmp> {
  const port = options.port ?? (await freePort())
  const directory = await mkdtemp(join(tmpdir(), 'sluice-nginx-'))
  const tlsPort = options.tls ? await freePort() : null
  const slowPort = options.slowBytesPerSecond === undefined ? null : await freePort()
  if (tlsPort !== null) await makeCertificate(directory)
  await writeFile(
    join(directory, 'nginx.conf'),
    configuration(directory, { port, tlsPort, slowPort }, options),
  )
  const child = spawn('nginx', ['-p', directory, '-c', 'nginx.conf', '-e', join(directory, 'error.log')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    // Debian keeps it where only root's PATH looks.
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
  })
  let messages = ''
  child.stderr.on('data', (chunk: Buffer) => {
    messages = (messages + chunk.toString()).slice(-4096)
  })
  const gone = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      messages += error.message
      resolve()
    })
    child.once('close', () => resolve())
  })
  const stop = async (): Promise<void> => {
    end(child)
    await gone
    await rm(directory, { recursive: true, force: true })
  }
  const { pid } = child
  try {
    if (pid === undefined) throw new Error('it was not started')
    await untilReachable(port, gone)
    return {
      port,
      url: `rtmp://127.0.0.1:${port}/${options.applications?.[0] ?? 'live'}`,
      tlsUrl: tlsPort === null ? '' : `rtmps://localhost:${tlsPort}/${options.applications?.[0] ?? 'live'}`,
      slowUrl: slowPort === null ? '' : `rtmp://127.0.0.1:${slowPort}/${options.applications?.[0] ?? 'live'}`,
      certificatePath: tlsPort === null ? '' : join(directory, 'certificate.pem'),
      pid,
      freeze: () => void child.kill('SIGSTOP'),
      thaw: () => void child.kill('SIGCONT'),
      stop,
    }
  } catch (error) {
    await stop()
    throw new Error(`nginx with ${modulePath} does not run: ${messages}`, { cause: error })
  }
}

/** A TCP port of loopback that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => {
        if (address && typeof address === 'object') resolve(address.port)
        else reject(new Error('no port was given'))
      })
    })
  })
}

function end(child: ChildProcess): void {
  child.kill('SIGTERM')
  // A frozen process takes its signals when it goes on.
  child.kill('SIGCONT')
}

async function untilReachable(port: number, gone: Promise<void>): Promise<void> {
  let ended = false
  void gone.then(() => {
    ended = true
  })
  // Not vitest's `vi.waitUntil`: measurements start servers too.
  const lastMs = performance.now() + 10_000
  while (!ended && !(await reachable(port))) {
    if (performance.now() > lastMs) throw new Error('it takes no connections')
    await delay(20)
  }
  if (ended) throw new Error('it ended')
}

function reachable(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** One process in the foreground, so that its pid is the one that moves the media. */
function configuration(
  directory: string,
  { port, tlsPort, slowPort }: { port: number; tlsPort: number | null; slowPort: number | null },
  { applications = ['live'], onPublish, slowBytesPerSecond }: NginxRtmpOptions,
): string {
  const proxies = [
    tlsPort === null ? '' : tlsProxy(port, tlsPort),
    slowPort === null ? '' : slowProxy(port, slowPort, slowBytesPerSecond ?? 0),
  ].join('')
  return `
    load_module ${modulePath};
    ${tlsPort === null && slowPort === null ? '' : `load_module ${streamModulePath};`}
    daemon off;
    master_process off;
    pid ${directory}/nginx.pid;
    error_log ${directory}/error.log info;
    events { worker_connections 64; }
    rtmp {
      access_log off;
      server {
        listen 127.0.0.1:${port};
        chunk_size 4096;
        ${applications.map((name) => application(name, onPublish)).join('\n')}
      }
    }
    ${proxies === '' ? '' : `stream { ${proxies} }`}
  `
}

function application(name: string, onPublish: string | undefined): string {
  return `
    application ${name} {
      live on;
      # Players start at a keyframe.
      wait_key on;
      wait_video on;
      ${onPublish === undefined ? '' : `on_publish ${onPublish};`}
    }
  `
}

function tlsProxy(port: number, tlsPort: number): string {
  return `
    server {
      listen 127.0.0.1:${tlsPort} ssl;
      ssl_certificate certificate.pem;
      ssl_certificate_key key.pem;
      proxy_pass 127.0.0.1:${port};
    }
  `
}

/** The kernel's buffers are part of how slow it looks from outside: they could hold a minute of media. */
function slowProxy(port: number, slowPort: number, bytesPerSecond: number): string {
  return `
    server {
      listen 127.0.0.1:${slowPort} rcvbuf=32k;
      proxy_upload_rate ${Math.round(bytesPerSecond)};
      proxy_pass 127.0.0.1:${port};
    }
  `
}

/** Of one that signs itself, for the name `localhost`. */
async function makeCertificate(directory: string): Promise<void> {
  await runTool('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-keyout', join(directory, 'key.pem'), '-out', join(directory, 'certificate.pem')],
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'],
  ])
}
