import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import { GatewayError, messageOf } from '../errors.ts'

const run = promisify(execFile)

export type Ffmpeg = { binary: string; version: string }

/** What Sluice needs of an ffmpeg, by the option that lists it. */
const needs = [
  { option: '-encoders', names: ['libx264', 'aac'] },
  { option: '-decoders', names: ['vp8', 'vp9', 'opus', 'h264'] },
  { option: '-protocols', names: ['rtp', 'udp', 'pipe', 'rtmp', 'rtmps'] },
  { option: '-muxers', names: ['mp4', 'flv'] },
] as const

/** Oldest major version that Sluice is tested with; builds from git have no number. */
const leastMajor = 5

/**
 * Finds the ffmpeg to use: the configured path and no other; else `ffmpeg` on PATH, which the distribution keeps safe,
 * if it can do what Sluice needs; else ffmpeg-static's, if it is there.
 * @throws GatewayError FFMPEG_FAILED with a sentence that says what is missing.
 */
export async function locateFfmpeg(
  configuredPath: string | null,
  packaged: () => Promise<string | null> = staticPath,
): Promise<Ffmpeg> {
  if (configuredPath !== null) return await checkFfmpeg(configuredPath)
  try {
    return await checkFfmpeg('ffmpeg')
  } catch (error) {
    const other = await packaged()
    if (other === null) throw error
    return await checkFfmpeg(other)
  }
}

/**
 * Runs an ffmpeg to see that it can do what Sluice needs.
 * @throws GatewayError FFMPEG_FAILED with a sentence that says what is missing.
 */
export async function checkFfmpeg(binary: string): Promise<Ffmpeg> {
  const version = /^ffmpeg version (\S+)/.exec(await ask(binary, '-version'))?.[1] ?? 'unknown'
  const missing: string[] = []
  const major = Number(/^n?(\d+)\./.exec(version)?.[1] ?? leastMajor)
  if (major < leastMajor) missing.push(`what version ${leastMajor} brought`)
  for (const { option, names } of needs) {
    const words = new Set((await ask(binary, option)).split(/\s+/))
    for (const name of names) if (!words.has(name)) missing.push(`${name} (${option.slice(1)})`)
  }
  if (missing.length > 0) {
    throw new GatewayError(
      'FFMPEG_FAILED',
      `${binary} (version ${version}) lacks ${missing.join(', ')}. Install a full build or set FFMPEG_PATH to one.`,
    )
  }
  return { binary, version }
}

async function ask(binary: string, option: string): Promise<string> {
  try {
    const { stdout } = await run(binary, ['-hide_banner', option], {
      timeout: 10_000,
      maxBuffer: 4 * 1024 * 1024,
    })
    return stdout
  } catch (error) {
    throw new GatewayError(
      'FFMPEG_FAILED',
      `ffmpeg can't be run as "${binary}" (${messageOf(error)}). Install it (Debian: apt-get install ffmpeg) or set FFMPEG_PATH.`,
      { cause: error },
    )
  }
}

/** ffmpeg-static exports a path also when its download failed, so the file is looked at. */
async function staticPath(): Promise<string | null> {
  try {
    const path: unknown = createRequire(import.meta.url)('ffmpeg-static')
    if (typeof path !== 'string') return null
    await access(path, constants.X_OK)
    return path
  } catch {
    // Optional dependency: not installed, or installed without its binary. Both mean "use another one".
    return null
  }
}
