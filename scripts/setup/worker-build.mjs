import { createWriteStream, existsSync } from 'node:fs'
import { cpus, freemem } from 'node:os'
import { join } from 'node:path'
import { SetupError } from './context.mjs'
import { capture, runLong } from './exec.mjs'
import { ensureMeson } from './meson.mjs'
import { prepareWorkerSource } from './worker-source.mjs'

/** What the build needs of Debian; the libraries also at run time. */
export const WORKER_PACKAGES = [
  'g++',
  'python3',
  'ninja-build',
  'pkg-config',
  'libuv1-dev',
  'libssl-dev',
  'libsrtp2-dev',
  'libflatbuffers-dev',
  'flatbuffers-compiler',
  'libabsl-dev',
]

/** One C++ compiler may take this much, and swapping costs more time than a waiting core. */
const BYTES_PER_JOB = 700e6

/**
 * @param {import('./context.mjs').SetupContext} context
 * @param {string} workerDir the source, in mediasoup's npm package
 * @param {string} overlayDir
 * @param {string} temp an empty folder
 * @returns {Promise<string>} the binary, inside of `temp`
 * @throws {SetupError}
 */
export async function buildWorker(context, workerDir, overlayDir, temp) {
  const { cacheDir, report } = context
  const source = join(temp, 'source')
  const build = join(temp, 'build')
  prepareWorkerSource(workerDir, overlayDir, source)
  const meson = await ensureMeson(context)
  // The system's tools first: another Python or pkg-config in front would not see the system's libraries.
  const env = { ...process.env, ...meson.env, PATH: `/usr/bin:/bin:${process.env.PATH ?? ''}` }
  const logFile = join(cacheDir, 'worker-build.log')
  const log = createWriteStream(logFile)
  const jobs = parallelJobs(cpus().length, freemem())
  const [command, ...args] = meson.command
  const setup = [
    'setup',
    '--buildtype',
    'release',
    '-Db_ndebug=true',
    '--wrap-mode=nodownload',
    build,
    source,
  ]
  try {
    for (const [program, programArgs] of /** @type {const} */ ([
      [command, [...args, ...setup]],
      ['ninja', ['-C', build, '-j', String(jobs), 'mediasoup-worker']],
    ])) {
      const { code, excerpt } = await runLong(report, 'worker', program, programArgs, { env, log })
      if (code !== 0) {
        throw new SetupError(
          `mediasoup-worker could not be built; the whole output is in ${logFile}\n${excerpt}`,
        )
      }
    }
  } finally {
    log.end()
  }
  const binary = join(build, 'mediasoup-worker')
  // Only makes it smaller; without binutils it works as well.
  if (existsSync('/usr/bin/strip')) await capture('/usr/bin/strip', [binary])
  return binary
}

/**
 * @param {number} cores
 * @param {number} freeBytes
 */
export function parallelJobs(cores, freeBytes) {
  return Math.max(1, Math.min(cores, Math.floor(freeBytes / BYTES_PER_JOB)))
}
