import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { Cleanup } from '../../src/cleanup.ts'
import { settings } from '../../src/config/config.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { variableName } from '../../src/config/variables.ts'
import { certificateFiles } from '../support/certificate.ts'
import { startGateway } from '../support/gateway.ts'

const root = join(import.meta.dirname, '../..')
const run = promisify(execFile)
const read = (path: string): Promise<string> => readFile(join(root, path), 'utf8')

/** Lines of a YAML block: what is indented deeper than its key. Enough for a file that this repository owns. */
function block(yaml: string, ...path: readonly string[]): string {
  let text = yaml
  for (const key of path) {
    const lines = text.split('\n')
    const at = lines.findIndex((line) => line.trim() === `${key}:`)
    if (at < 0) throw new Error(`docker-compose.yml has no ${path.join('.')}`)
    const depth = indent(lines[at] ?? '')
    const rest = lines.slice(at + 1)
    const size = rest.findIndex((line) => line.trim() !== '' && indent(line) <= depth)
    text = rest.slice(0, size < 0 ? undefined : size).join('\n')
  }
  return text
}

function indent(line: string): number {
  return line.length - line.trimStart().length
}

/** Values of the gateway's environment, as compose gives them when there is no .env. */
function environmentOf(compose: string): Record<string, string> {
  const text = block(compose, 'services', 'gateway', 'environment')
  const values: Record<string, string> = {}
  for (const [, name = '', value = ''] of text.matchAll(/^ +([A-Z_]+): *(.*(?:\n {8,}\S.*)*)$/gm)) {
    values[name] = value
      .replace(/^>-\s*/, '')
      .replace(/^"(.*)"$/, '$1')
      .replace(/\$\{[A-Z_]+:-([^}]*)\}/g, '$1')
  }
  return values
}

/** `ADDRESS:OUTSIDE:INSIDE[/PROTOCOL]` entries of a service. */
function portsOf(compose: string, service: string) {
  const text = block(compose, 'services', service, 'ports')
  return [...text.matchAll(/- "(.+):([\d-]+):([\d-]+)(?:\/(udp|tcp))?"/g)].map(
    ([, address = '', outside = '', inside = '', protocol = 'tcp']) => ({
      address: address.replace(/\$\{[A-Z_]+:-([^}]*)\}/, '$1'),
      outside,
      inside,
      protocol,
    }),
  )
}

describe('docker-compose.yml', () => {
  let compose: string

  beforeAll(async () => {
    compose = await read('docker-compose.yml')
  })

  test('and the Dockerfile set nothing that the gateway does not know', async () => {
    const known = new Set([...settings.keys()].map(variableName))
    // Not the gateway's: where the set-up in the build stage keeps its downloads.
    known.add('SLUICE_CACHE_DIR')
    const used = `${compose}\n${await read('Dockerfile')}`.match(/\bSLUICE_[A-Z_]+\b/g) ?? []
    expect(used.length).toBeGreaterThan(4)
    expect(used.filter((variable) => !known.has(variable))).toEqual([])
  })

  test('gives the gateway a configuration that it accepts, with nginx-rtmp as the target of every stream', () => {
    const { http, rtc, restream } = loadConfig(environmentOf(compose), null)
    expect(http.httpHost).toBe('0.0.0.0')
    expect(rtc).toMatchObject({ rtcHost: '0.0.0.0', announcedAddress: '127.0.0.1' })
    expect(restream.targets).toEqual({
      '*': [
        expect.objectContaining({ name: 'nginx-rtmp', url: 'rtmp://nginx-rtmp:1935/live', key: '{stream}' }),
      ],
    })
  })

  test('publishes the HTTP port and one port per worker, on loopback and under the same numbers', () => {
    const config = loadConfig(environmentOf(compose), null)
    const { httpPort } = config.http
    const { rtcPort, workers } = config.rtc
    const rtc = `${rtcPort}-${rtcPort + workers - 1}`
    const on = (port: string, protocol: string) => ({
      ...{ address: '127.0.0.1', outside: port, inside: port, protocol },
    })
    expect(portsOf(compose, 'gateway')).toEqual([on(String(httpPort), 'tcp'), on(rtc, 'udp'), on(rtc, 'tcp')])
    expect(portsOf(compose, 'nginx-rtmp')).toEqual([on('1935', 'tcp')])
  })

  test.each([false, true])('finds the gateway alive or not, with a certificate: %s', async (withTls) => {
    const [, inImage = ''] = /HEALTHCHECK [^[]*CMD (\[.*\])$/m.exec(await read('Dockerfile')) ?? []
    const command = z.array(z.string()).parse(JSON.parse(inImage))
    expect(block(compose, 'services', 'gateway', 'healthcheck')).toContain(JSON.stringify(command.at(-1)))
    const cleanup = new Cleanup()
    try {
      const { certPath, keyPath } = await certificateFiles(cleanup)
      const settings: Record<string, string> = withTls
        ? { SLUICE_TLS_CERT: certPath, SLUICE_TLS_KEY: keyPath }
        : {}
      const gateway = await startGateway(settings)
      cleanup.defer(() => gateway.close())
      const env = { ...process.env, ...settings, SLUICE_HTTP_PORT: new URL(gateway.url).port }
      const check = () => run(process.execPath, command.slice(1), { env })
      await check()
      await gateway.close()
      await expect(check()).rejects.toMatchObject({ code: 1 })
    } finally {
      await cleanup.run()
    }
  })

  test('gives the gateway the only address that nginx takes streams from, and asks', async () => {
    const { httpPort } = loadConfig(environmentOf(compose), null).http
    const [, address = ''] =
      /ipv4_address: (\S+)/.exec(block(compose, 'services', 'gateway', 'networks')) ?? []
    const [, subnet = ''] = /subnet: (\d+\.\d+\.\d+)\.0\/24/.exec(compose) ?? []
    expect(address.startsWith(`${subnet}.`)).toBe(true)
    const nginx = await read('docker/nginx-rtmp/nginx.conf')
    expect(nginx.match(/^ *(allow|deny) publish \S+;/gm)?.map((line) => line.trim())).toEqual([
      `allow publish ${address};`,
      'deny publish all;',
    ])
    expect(nginx).toContain(`on_publish http://${address}:${httpPort}/internal/rtmp/on_publish;`)
  })
})

describe('docker/nginx-rtmp/nginx.conf', () => {
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-compose-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('is accepted by nginx with the RTMP module', async () => {
    const modulePath = process.env.SLUICE_NGINX_RTMP_MODULE || '/usr/lib/nginx/modules/ngx_rtmp_module.so'
    const file = join(folder, 'nginx.conf')
    const text = await read('docker/nginx-rtmp/nginx.conf')
    await writeFile(
      file,
      text.replace(/load_module \S+;/, `load_module ${modulePath};`).replaceAll('/tmp/', `${folder}/`),
    )
    // Debian keeps it where only root's PATH looks.
    const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` }
    const { stderr } = await run('nginx', ['-t', '-e', 'stderr', '-c', file], { env })
    expect(stderr).toContain('test is successful')
    expect(stderr).not.toContain('[warn]')
  })
})
