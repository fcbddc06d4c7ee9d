import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { announcedAddress } from '../../../src/config/announced-address.ts'
import { configSchema, settings } from '../../../src/config/config.ts'
import { ConfigError } from '../../../src/config/config-error.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { variableName } from '../../../src/config/variables.ts'

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-config-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

function file(content: unknown): string {
  const path = join(directory, 'sluice.json')
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

function problems(environment: Record<string, string>, path: string | null = null): readonly string[] {
  try {
    loadConfig(environment, path)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

test('the defaults serve one machine, on loopback', () => {
  expect(loadConfig({}, null)).toMatchObject({
    http: { httpHost: '127.0.0.1', httpPort: 8080 },
    rtc: { rtcHost: '127.0.0.1', rtcPort: 44_444, announcedAddress: null },
    restream: { targets: {} },
  })
})

test('every setting has a description and a variable of its own', () => {
  const variables = [...settings].map(([key, setting]) => {
    expect(setting.description, key).toMatch(/^.{10,}\.$/)
    return variableName(key)
  })
  const keys = Object.values(configSchema.shape).flatMap(({ shape }) => Object.keys(shape))
  expect([...settings.keys()]).toEqual(keys)
  expect(new Set(variables).size).toBe(keys.length)
  expect(variableName('maxPublishBitrateBps')).toBe('SLUICE_MAX_PUBLISH_BITRATE_BPS')
})

test('the environment wins over the file, the file over the defaults', () => {
  const path = file({ httpPort: 1111, segmentSeconds: 4, logLevel: 'warn' })
  const config = loadConfig({ SLUICE_HTTP_PORT: '2222', SLUICE_LOG_LEVEL: '' }, path)
  expect(config).toMatchObject({
    http: { httpPort: 2222 },
    hls: { segmentSeconds: 4, windowSeconds: 30 },
    log: { logLevel: 'warn' },
  })
})

test.each([
  ['SLUICE_HTTP_HOST', '0.0.0.0', { http: { httpHost: '0.0.0.0' } }],
  // Texts stay texts, also when they look like something else.
  ['SLUICE_ANNOUNCED_ADDRESS', '10', { rtc: { announcedAddress: '10' } }],
  ['SLUICE_HTTP_PORT', '0', { http: { httpPort: 0 } }],
  ['SLUICE_SEGMENT_SECONDS', '1.5', { hls: { segmentSeconds: 1.5 } }],
  ['SLUICE_LOG_PRETTY', 'true', { log: { logPretty: true } }],
  ['SLUICE_LOG_LEVEL', 'debug', { log: { logLevel: 'debug' } }],
  ['FFMPEG_PATH', '/opt/ffmpeg', { programs: { ffmpegPath: '/opt/ffmpeg' } }],
  ['SLUICE_FFMPEG_PATH', '/opt/ffmpeg', { programs: { ffmpegPath: '/opt/ffmpeg' } }],
  ['MEDIASOUP_WORKER_BIN', '/opt/worker', { programs: { workerBin: '/opt/worker' } }],
  // For scripts/ and other programs.
  ['SLUICE_CHROMIUM', '/opt/chromium', {}],
  ['PATH', '/bin', {}],
  [
    'SLUICE_TARGETS',
    '{"*":[{"name":"a","url":"rtmps://host:443/app","key":"k"}]}',
    { restream: { targets: { '*': [{ name: 'a', url: 'rtmps://host:443/app', key: 'k' }] } } },
  ],
])('%s=%s', (variable, text, expected) => {
  expect(loadConfig({ [variable]: text }, null)).toMatchObject(expected)
})

describe('is refused', () => {
  test.each([
    [{ SLUICE_HTTP_PORT: 'eighty' }, /^httpPort \(SLUICE_HTTP_PORT\): .*number/],
    [{ SLUICE_HTTP_PORT: '65536' }, /^httpPort .*65535/],
    [{ SLUICE_RTC_PORT: '0' }, /^rtcPort /],
    [{ SLUICE_WORKERS: '1.5' }, /^workers .*int/],
    [{ SLUICE_SEGMENT_SECONDS: '0.9' }, /^segmentSeconds .*1/],
    [{ SLUICE_TRANSCODE_WIDTH: '641' }, /^transcodeWidth .*2/],
    [{ SLUICE_TRANSCODE_PRESET: 'slowest' }, /^transcodePreset .*"superfast"/],
    [{ SLUICE_LOG_PRETTY: 'yes' }, /^logPretty .*boolean/],
    [{ SLUICE_TYPO: '1' }, /^SLUICE_TYPO: there is no such setting$/],
    [{ SLUICE_TARGETS: '{' }, /^targets \(SLUICE_TARGETS\): /],
    [{ SLUICE_TARGETS: '{"UPPER":[]}' }, /^targets.UPPER .*stream name/],
    [{ SLUICE_TARGETS: '{"*":[{"name":"a","url":"http://host/app"}]}' }, /^targets.\*.0.url .*rtmp:/],
    [{ SLUICE_TARGETS: '{"*":[{"name":"a","url":"rtmp://h/a","key":"a b"}]}' }, /^targets.\*.0.key .*spaces/],
    [
      { SLUICE_TARGETS: '{"*":[{"name":"a","url":"rtmp://h/a"},{"name":"a","url":"rtmp://h/b"}]}' },
      /^targets.\* \(SLUICE_TARGETS\): two targets have the same name$/,
    ],
    [{ SLUICE_TAP_PORT_MIN: '45000', SLUICE_TAP_PORT_MAX: '45003' }, /^tapPortMax .*at least 4/],
    [{ SLUICE_TAP_PORT_MIN: '46000', SLUICE_TAP_PORT_MAX: '45000' }, /^tapPortMax /],
    [{ SLUICE_SEGMENT_SECONDS: '4', SLUICE_WINDOW_SECONDS: '10' }, /^windowSeconds .*three segments/],
    [{ SLUICE_RTC_PORT: '65535', SLUICE_WORKERS: '2' }, /^rtcPort .*65535/],
  ])('%o', (environment, says) => {
    expect(problems(environment)).toEqual([expect.stringMatching(says)])
  })

  test.each([
    ['{', /sluice\.json: .*JSON/],
    [[], /sluice\.json: must hold one JSON object$/],
    ['null', /sluice\.json: must hold one JSON object$/],
    [{ colour: 'red' }, /^colour: there is no such setting$/],
    [{ httpPort: '80' }, /^httpPort \(SLUICE_HTTP_PORT\): .*number/],
    [{ targets: { live: [{ name: 'a', url: 'rtmp://h/a', x: 1 }] } }, /^targets.live.0 .*"x"/],
  ])('a file with %o', (content, says) => {
    expect(problems({}, file(content))).toEqual([expect.stringMatching(says)])
  })

  test('a file that is not there', () => {
    expect(problems({}, join(directory, 'nothing.json'))).toEqual([
      expect.stringMatching(/nothing\.json: ENOENT/),
    ])
  })

  test('with all problems at once, of both sources', () => {
    const found = problems(
      { SLUICE_HTTP_PORT: 'x', SLUICE_TYPO: '1' },
      file({ colour: 1, shape: 2, workers: 0 }),
    )
    expect(found.join('\n').match(/httpPort|SLUICE_TYPO|colour|shape|workers/g)).toHaveLength(5)
    expect(new ConfigError(found).message).toMatch(/^The configuration is wrong:\n {2}- /)
  })

  test('without telling stream keys', () => {
    const secret = 'my secret key'
    const targets = JSON.stringify({ '*': [{ name: 'a', url: 'rtmp://h/a', key: secret }] })
    expect(problems({ SLUICE_TARGETS: targets }).join()).not.toContain('secret key')
  })
})

test('a configuration can not be changed', () => {
  const config = loadConfig({ SLUICE_TARGETS: '{"*":[{"name":"a","url":"rtmp://h/a"}]}' }, null)
  expect(Object.isFrozen(config)).toBe(true)
  expect(Object.isFrozen(config.restream.targets['*']?.[0])).toBe(true)
})

test.each([
  { settings: {}, address: null },
  { settings: { SLUICE_ANNOUNCED_ADDRESS: 'live.example.com' }, address: 'live.example.com' },
  {
    settings: { SLUICE_RTC_HOST: '0.0.0.0', SLUICE_ANNOUNCED_ADDRESS: '203.0.113.5' },
    address: '203.0.113.5',
  },
  { settings: { SLUICE_RTC_HOST: '192.0.2.1' }, address: null },
])('the address that is announced: $settings', ({ settings, address }) => {
  expect(announcedAddress(loadConfig(settings, null).rtc)).toBe(address)
})

test('the address that is announced is found when listening on all', () => {
  expect(announcedAddress(loadConfig({ SLUICE_RTC_HOST: '0.0.0.0' }, null).rtc)).toMatch(
    /^\d+\.\d+\.\d+\.\d+$/,
  )
})
