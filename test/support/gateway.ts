import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type App, createApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { createLog, type Log } from '../../src/log.ts'
import type { StreamSnapshot } from '../../src/streams/stream-snapshot.ts'
import { freePort } from './free-ports.ts'

export type TestGateway = {
  app: App
  /** `http://127.0.0.1:PORT` */
  url: string
  /** UDP and TCP port of WebRTC. */
  rtcPort: number
  snapshot(stream: string): StreamSnapshot | undefined
  close(): Promise<void>
}

/**
 * A real gateway in this process, on free ports. `settings` are environment variables.
 * Set TEST_LOG=debug to see what it does.
 */
export async function startGateway(
  settings: Record<string, string> = {},
  log = testLog(),
): Promise<TestGateway> {
  const stateDir = await mkdtemp(join(tmpdir(), 'sluice-state-'))
  const config = loadConfig(
    {
      FFMPEG_PATH: process.env.FFMPEG_PATH,
      MEDIASOUP_WORKER_BIN: process.env.MEDIASOUP_WORKER_BIN,
      SLUICE_HTTP_PORT: '0',
      SLUICE_RTC_PORT: String(await freePort()),
      SLUICE_WORKERS: '1',
      SLUICE_LOG_PRETTY: 'false',
      SLUICE_STATE_DIR: stateDir,
      ...settings,
    },
    null,
  )
  const app = await createApp(config, log)
  const url = await app.server.listen({ host: '127.0.0.1', port: config.http.httpPort })
  return {
    app,
    url,
    rtcPort: config.rtc.rtcPort,
    snapshot: (stream) => app.registry.snapshot().find(({ name }) => name === stream),
    async close() {
      await app.close()
      await rm(stateDir, { recursive: true, force: true })
    },
  }
}

function testLog(): Log {
  return createLog({ level: process.env.TEST_LOG ?? 'silent', pretty: false })
}
