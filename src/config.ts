import { readFileSync } from 'node:fs'
import { availableParallelism, homedir, networkInterfaces } from 'node:os'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { messageOf } from './errors.ts'
import { fromCommas, networkListSchema } from './network-list.ts'
import { maxTargetsPerStream, targetSchema } from './targets/target-config.ts'

/** Names of streams, in URLs and everywhere. */
export const streamNamePattern = /^[a-z0-9][a-z0-9_-]{0,63}$/

const port = z.int().min(1).max(65535)
/** 0 lets the system choose: for tests and for several gateways on one machine. */
const portOrAny = z.int().min(0).max(65535)

/**
 * The whole configuration, one flat level. Each key is also an environment variable: `httpPort` is
 * `SLUICE_HTTP_PORT`; environment wins over the file. `targets` is given as JSON.
 */
export const configSchema = z.strictObject({
  httpHost: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address on which HTTP listens. Loopback unless told otherwise.'),
  httpPort: portOrAny.default(8080).describe('TCP port of HTTP.'),
  tlsCert: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'PEM file with the certificate and its chain: the port then speaks HTTPS, with HTTP/2. Renewed files are taken without a restart.',
    ),
  tlsKey: z.string().min(1).nullable().default(null).describe('PEM file with its private key.'),
  rtcHost: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address on which WebRTC listens; 0.0.0.0 for all.'),
  rtcPort: port.default(44444).describe('First UDP and TCP port of WebRTC; each worker takes the next one.'),
  announcedAddress: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe("Address that publishers' browsers reach; found by itself when rtcHost is 0.0.0.0."),
  stunUrls: z
    .array(
      z
        .string()
        .max(256)
        .regex(/^stuns?:[^\s"<>]+$/, 'must look like stun:host:port'),
    )
    .max(8)
    .default([])
    .describe('STUN servers that WHIP and WHEP clients are told.'),
  turnUrls: z
    .array(
      z
        .string()
        .max(256)
        .regex(/^turns?:[^\s"<>]+$/, 'must look like turn:host:port?transport=udp'),
    )
    .max(8)
    .default([])
    .describe('TURN servers that publishers and viewers are told, with a password that expires.'),
  turnSecret: z
    .string()
    .min(16)
    .nullable()
    .default(null)
    .describe("The TURN servers' static-auth-secret, which the passwords are made from."),
  workers: z
    .int()
    .min(1)
    .max(64)
    .default(Math.min(availableParallelism(), 4))
    .describe('mediasoup workers; default one per core, at most 4.'),
  tapPortMin: port
    .default(45000)
    .describe('First loopback UDP port between mediasoup and ffmpeg; a stream takes up to 6.'),
  tapPortMax: port.default(46999).describe('Last of these ports.'),
  maxStreams: z.int().min(1).max(10_000).default(100).describe('Streams live at the same time.'),
  maxPublishBitrateBps: z
    .int()
    .min(100_000)
    .max(100_000_000)
    .default(8_000_000)
    .describe('Upper limit for all that one publisher sends.'),
  maxMessageBytes: z
    .int()
    .min(1024)
    .max(1_048_576)
    .default(65_536)
    .describe('Largest websocket frame or request body.'),
  maxSockets: z
    .int()
    .min(1)
    .max(100_000)
    .default(500)
    .describe('Publishing websockets open at the same time.'),
  maxRealtimeViewers: z
    .int()
    .min(0)
    .max(100_000)
    .default(200)
    .describe(
      'Viewers by WebRTC at the same time, over all streams; one core serves about 250. 0 turns it off.',
    ),
  resumeSeconds: z
    .number()
    .min(0)
    .max(3600)
    .default(20)
    .describe('How long a stream waits for a publisher that was lost.'),
  segmentSeconds: z
    .number()
    .min(1)
    .max(10)
    .default(1)
    .describe(
      'Target duration of HLS segments; also the keyframe cadence. 2 saves bandwidth when low latency is off.',
    ),
  lowLatency: z
    .boolean()
    .default(true)
    .describe('Low-Latency HLS, about 1 s behind; players that do not know it play it as plain HLS.'),
  partSeconds: z
    .number()
    .min(0.15)
    .max(1)
    .default(0.2)
    .describe(
      'Length of fragments, which are the parts of Low-Latency HLS. 0.2 is whole frames at 60, 30, 25, 20, 15 and 10 a second.',
    ),
  maxWaitingRequests: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(20_000)
    .describe(
      'Viewers that may wait for the next part at the same time; each costs a socket and some memory.',
    ),
  windowSeconds: z.number().min(6).max(3600).default(30).describe('Media listed in the HLS playlist.'),
  endedSeconds: z
    .number()
    .min(0)
    .max(3600)
    .default(60)
    .describe('How long the ended playlist can still be fetched.'),
  transcodeWidth: z
    .int()
    .min(160)
    .max(3840)
    .multipleOf(2)
    .default(1280)
    .describe('Frame width when video must be encoded.'),
  transcodeHeight: z
    .int()
    .min(90)
    .max(2160)
    .multipleOf(2)
    .default(720)
    .describe('Frame height when video must be encoded.'),
  transcodeFramesPerSecond: z
    .int()
    .min(5)
    .max(60)
    .default(30)
    .describe('Frame rate when video must be encoded.'),
  transcodeBitrateBps: z
    .int()
    .min(100_000)
    .max(50_000_000)
    .default(2_500_000)
    .describe('Video bitrate when video must be encoded.'),
  transcodePreset: z
    .enum(['ultrafast', 'superfast', 'veryfast', 'faster', 'fast', 'medium'])
    .default('superfast')
    .describe('x264 preset: speed against picture.'),
  audioBitrateBps: z.int().min(32_000).max(320_000).default(128_000).describe('AAC bitrate.'),
  targets: z
    .record(
      z.string().regex(/^(\*|[a-z0-9][a-z0-9_-]{0,63})$/, 'must be a stream name or *'),
      z.array(targetSchema).max(maxTargetsPerStream),
    )
    .default({})
    .describe('RTMP targets by stream; those under * are for all streams.'),
  stateDir: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('Directory of the targets that the API added; default ~/.local/state/sluice.'),
  restreamAllowPrivate: z
    .boolean()
    .default(false)
    .describe('Lets targets that are added by the API be in private networks and on this machine.'),
  restreamAllow: networkListSchema
    .default([])
    .describe('Networks, addresses and hosts that these targets may use although they are private.'),
  restreamDeny: networkListSchema
    .default([])
    .describe('Networks, addresses and hosts that no target may use, whoever set it.'),
  restreamVerifyTls: z
    .boolean()
    .default(true)
    .describe('Whether an RTMPS server must have a certificate for its name.'),
  restreamCaFile: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('PEM file with certificates that RTMPS servers may also be signed with.'),
  allowedHosts: z
    .preprocess(fromCommas, z.array(z.string().min(1).max(253)).max(50))
    .default([])
    .describe(
      'Names under which browsers reach the gateway by plain HTTP; https, addresses and localhost need none.',
    ),
  logLevel: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('Least level that is logged.'),
  logPretty: z
    .boolean()
    .default(process.stdout.isTTY === true)
    .describe('Logs for people instead of JSON; default on a terminal.'),
  ffmpegPath: z.string().min(1).nullable().default(null).describe('ffmpeg binary; environment FFMPEG_PATH.'),
  workerBin: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('mediasoup-worker binary; environment MEDIASOUP_WORKER_BIN.'),
})

export type Config = Readonly<z.infer<typeof configSchema> & { stateDir: string }>

/** Every problem of a configuration at once, one line each. */
export class ConfigError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`The configuration is wrong:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.name = 'ConfigError'
    this.problems = problems
  }
}

type Environment = Readonly<Record<string, string | undefined>>

/** Variables with our prefix that scripts/ reads, not the gateway. */
const foreignVariables = new Set(['SLUICE_CACHE_DIR', 'SLUICE_CHROMIUM', 'SLUICE_NGINX_RTMP_MODULE'])

/** Variables of other projects whose names users already know. */
const aliases: Readonly<Record<string, keyof Config>> = {
  FFMPEG_PATH: 'ffmpegPath',
  MEDIASOUP_WORKER_BIN: 'workerBin',
}

/**
 * Reads the configuration: defaults, then the JSON file, then the environment.
 * @throws ConfigError with every problem, wrong keys and values of both sources included.
 */
export function loadConfig(environment: Environment, filePath: string | null): Config {
  const problems: string[] = []
  const fromFile = filePath === null ? {} : readFile(filePath, problems)
  const fromEnvironment = readEnvironment(environment, problems)
  const parsed = configSchema.safeParse({ ...fromFile, ...fromEnvironment })
  if (!parsed.success) problems.push(...parsed.error.issues.map(issueLine))
  if (parsed.success) problems.push(...contradictions(parsed.data))
  if (problems.length > 0 || !parsed.success) throw new ConfigError(problems)
  const stateDir = resolve(parsed.data.stateDir ?? defaultStateDir(environment))
  return deepFreeze({ ...parsed.data, stateDir })
}

/** As the XDG Base Directory Specification has it. */
function defaultStateDir(environment: Environment): string {
  return join(environment.XDG_STATE_HOME || join(environment.HOME || homedir(), '.local/state'), 'sluice')
}

/** `httpPort` → `SLUICE_HTTP_PORT`. */
export function variableName(key: string): string {
  return `SLUICE_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`
}

/** Address that goes into ICE candidates: the configured one, else the first of this machine when listening on all. */
export function announcedAddress(config: Config): string | null {
  if (config.announcedAddress !== null || config.rtcHost !== '0.0.0.0') return config.announcedAddress
  const external = Object.values(networkInterfaces())
    .flat()
    .find((face) => face && !face.internal && face.family === 'IPv4')
  return external?.address ?? '127.0.0.1'
}

function readFile(path: string, problems: string[]): object {
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (typeof content === 'object' && content !== null && !Array.isArray(content)) return content
    problems.push(`${path}: must hold one JSON object`)
  } catch (error) {
    problems.push(`${path}: ${messageOf(error)}`)
  }
  return {}
}

function readEnvironment(environment: Environment, problems: string[]): Record<string, unknown> {
  const byVariable = new Map(Object.keys(configSchema.shape).map((key) => [variableName(key), key]))
  for (const [variable, key] of Object.entries(aliases)) byVariable.set(variable, key)
  const values: Record<string, unknown> = {}
  for (const [variable, text] of Object.entries(environment)) {
    // An empty variable is what compose files leave for "not set".
    if (text === undefined || text === '') continue
    const key = byVariable.get(variable)
    if (key) values[key] = fromText(key, text)
    else if (variable.startsWith('SLUICE_') && !foreignVariables.has(variable))
      problems.push(`${variable}: there is no such setting`)
  }
  return values
}

/** A variable's text as the type that its key wants; what does not fit is left as text for the schema to refuse. */
function fromText(key: string, text: string): unknown {
  const wanted = z.toJSONSchema(configSchema.shape[key as keyof Config], {
    unrepresentable: 'any',
    io: 'input',
  }).type
  if (wanted === 'string' || wanted === undefined) return text
  try {
    return JSON.parse(text)
  } catch {
    // Not JSON: the schema says what is wanted instead.
    return text
  }
}

function issueLine(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys' && issue.path.length === 0) {
    return issue.keys.map((key) => `${key}: there is no such setting`).join('\n  - ')
  }
  const [key, ...rest] = issue.path.map(String)
  // Of a key that is wrong itself, the reason is one level down.
  const { message } = (issue.code === 'invalid_key' && issue.issues[0]) || issue
  if (key === undefined) return message
  return `${[key, ...rest].join('.')} (${variableName(key)}): ${message}`
}

/** Rules between settings. */
function contradictions(config: z.infer<typeof configSchema>): string[] {
  const problems: string[] = []
  if ((config.tlsCert === null) !== (config.tlsKey === null)) {
    problems.push('tlsCert, tlsKey (SLUICE_TLS_CERT, SLUICE_TLS_KEY): one needs the other')
  }
  if (config.tapPortMax - config.tapPortMin < 7) {
    problems.push(
      'tapPortMax (SLUICE_TAP_PORT_MAX): must be at least 7 above tapPortMin; a stream takes up to 6 ports',
    )
  }
  if (config.rtcPort + config.workers - 1 > 65_535) {
    problems.push('rtcPort (SLUICE_RTC_PORT): each worker takes the next port, and there is none above 65535')
  }
  if (config.windowSeconds < config.segmentSeconds * 3) {
    problems.push(
      'windowSeconds (SLUICE_WINDOW_SECONDS): must be at least three segments long (RFC 8216 section 6.2.2)',
    )
  }
  if (config.turnUrls.length > 0 && config.turnSecret === null) {
    problems.push('turnSecret (SLUICE_TURN_SECRET): must be set when there are turnUrls')
  }
  if (config.lowLatency && config.segmentSeconds < config.partSeconds * 3) {
    problems.push('partSeconds (SLUICE_PART_SECONDS): must be at most a third of segmentSeconds')
  }
  for (const [stream, targets] of Object.entries(config.targets)) {
    const names = targets.map((target) => target.name)
    if (new Set(names).size < names.length) problems.push(`targets.${stream}: two targets have the same name`)
  }
  return problems
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) deepFreeze(part)
    Object.freeze(value)
  }
  return value
}
