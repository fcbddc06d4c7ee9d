import { parseArgs } from 'node:util'
import { type App, createApp } from './app.ts'
import { operatorLink } from './auth/operator-link.ts'
import type { Config } from './config/config.ts'
import { ConfigError } from './config/config-error.ts'
import { loadConfig } from './config/load-config.ts'
import { GatewayError, messageOf } from './errors.ts'
import { createLog, type Log } from './log.ts'

const usage = `sluice [--config FILE] [--demo]

  --config FILE  JSON file with settings; SLUICE_* variables win over it
  --demo         also publish a test picture on the stream "demo"
  --operator-link  print a link that sets the operator's password, also when there is one
  --help         this text
`

/** Connections that wait to be accepted: all viewers come when a broadcast begins. The kernel's own limit is usually 4096. */
const listenBacklog = 4096

/** A shutdown that takes longer is given up: something hangs. */
const shutdownMs = 9_000

/** Exit codes: 0 stopped as asked, 1 could not start or stop, 2 wrong arguments or configuration. */
async function main(): Promise<void> {
  const { values } = readArguments()
  if (values.help) {
    process.stdout.write(usage)
    return
  }
  const config = loadConfig(process.env, values.config ?? null)
  const log = createLog({ level: config.log.logLevel, pretty: config.log.logPretty })
  const app = await createApp(config, log)
  stopOnSignals(app, log)
  try {
    const url = await app.server.listen({
      host: config.http.httpHost,
      port: config.http.httpPort,
      backlog: listenBacklog,
    })
    if (values.demo) await app.startDemo()
    const link = await operatorLink(app.access, values['operator-link'] === true)
    printUrls(url, config, values.demo === true, link)
  } catch (error) {
    await app.close()
    throw error
  }
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        config: { type: 'string' },
        demo: { type: 'boolean' },
        'operator-link': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    throw new ConfigError([messageOf(error)])
  }
}

/**
 * The first SIGTERM, SIGINT or SIGHUP (the terminal was closed) ends the streams in good order, a second one ends the
 * process at once.
 */
function stopOnSignals(app: App, log: Log): void {
  let stopping = false
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1)
    stopping = true
    log.info({ signal }, 'shutting down')
    const giveUp = setTimeout(() => {
      log.error('shutting down took too long')
      process.exit(1)
    }, shutdownMs)
    giveUp.unref()
    const end = app.drain().finally(() => app.close())
    end.then(
      () => {
        log.info('stopped')
        process.exit(0)
      },
      (error) => {
        log.error({ err: error }, 'stopped with errors')
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.on('SIGHUP', stop)
}

function printUrls(url: string, config: Config, demo: boolean, link: string | null): void {
  const lines = [
    '',
    `  Sluice is ready.`,
    `  Go live:  ${url}/publish/live`,
    `  Watch:    ${url}/watch/${demo ? 'demo' : 'live'}`,
    `  Streams:  ${url}/`,
    ...(link === null
      ? []
      : [`  Operator: ${url}${link}`, '            sets your password; it works once, within a day.']),
    ...(config.http.httpHost === '127.0.0.1'
      ? ['  Only this machine can reach it; docs/deploy.md says how to open it.']
      : []),
    '',
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

main().catch((error) => {
  // Before the log exists, and for people: a sentence, no stack for what they can mend themselves.
  const known = error instanceof ConfigError || error instanceof GatewayError
  const busy = typeof error === 'object' && error !== null && 'code' in error && error.code === 'EADDRINUSE'
  if (busy)
    process.stderr.write(
      `The HTTP port is in use: ${messageOf(error)}. Set SLUICE_HTTP_PORT to another one.\n`,
    )
  else
    process.stderr.write(
      `${known ? messageOf(error) : (error instanceof Error && error.stack) || String(error)}\n`,
    )
  process.exit(error instanceof ConfigError ? 2 : 1)
})
