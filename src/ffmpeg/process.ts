import type { ChildProcess } from 'node:child_process'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { Writable } from 'node:stream'
import fluent from 'fluent-ffmpeg'
import { GatewayError, messageOf } from '../errors.ts'
import { type Log, redactUrls } from '../log.ts'
import { guardedCommand } from './child-guard.ts'
import { allocationLimitOptions } from './decoder-limits.ts'
import { type Exit, judgeExit } from './exit.ts'

/** Time that ffmpeg has to end by itself after a SIGTERM before it gets a SIGKILL. */
const graceMs = 5_000

export type FfmpegSpec = {
  /** Path of the ffmpeg binary. */
  binary: string
  /** Options of the input, then its URL (`pipe:0` for what the caller writes to `stdin`). */
  inputOptions: readonly string[]
  input: string
  /** Options of the output, then its URL; `null` sends the output to `onOutput` through stdout. */
  outputOptions: readonly string[]
  output: string | null
  /** When it throws, the process is killed, and `exited` says why. */
  onOutput?: (chunk: Buffer) => void
  /** Each line of stderr, with URLs redacted. */
  onLine?: (line: string) => void
  log: Log
}

/** A running ffmpeg. It counts as gone only when `exited` resolves: at the child's 'close'. */
export type FfmpegProcess = {
  pid: number
  stdin: Writable
  /** Never rejects. */
  exited: Promise<Exit>
  /** SIGTERM, then SIGKILL after 5 s; resolves when the process is really gone. May be called twice. */
  stop(): Promise<Exit>
  /** SIGKILL at once, counted as asked for. */
  kill(): Promise<Exit>
}

/** Children that are not gone: they must not outlive a gateway that ends without closing, where the kernel can't see to it. */
const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Process ids of all ffmpegs that this process started and that are not gone, for measurements. */
export function ffmpegPids(): number[] {
  return [...running].flatMap(({ pid }) => (pid === undefined ? [] : [pid]))
}

/** What fluent-ffmpeg's types leave out: the child, from its 'start' event on, and the step before the start. */
type CommandWithChild = fluent.FfmpegCommand & {
  ffmpegProc?: ChildProcess
  _checkCapabilities?: (done: (error?: Error) => void) => void
}

/**
 * Starts an ffmpeg. The only importer of fluent-ffmpeg, which composes the command line and spawns it, without a
 * shell. Its own ideas of progress, ends and kills are not used: a 'progress' listener would start an ffprobe on the
 * same input, 'end' and 'error' go by the exit code alone, and its kill is a SIGKILL.
 * @throws GatewayError FFMPEG_FAILED when the process can't be started.
 */
export async function startFfmpeg(spec: FfmpegSpec): Promise<FfmpegProcess> {
  await checkExecutable(spec.binary)
  const guarded = guardedCommand(spec.binary)
  const command: CommandWithChild = fluent({ stdoutLines: 1 })
  command.setFfmpegPath(guarded.command)
  // It would ask that path for its formats and codecs; `locateFfmpeg` asked the binary once, at the start.
  command._checkCapabilities = (done) => done()
  command.input(spec.input)
  // Options go in as separate arguments: given as one array, each would be split at a space. fluent-ffmpeg puts those
  // of the input first, so what leads to the binary can stand before them.
  command.inputOptions(...two([...guarded.leading, ...allocationLimitOptions, ...spec.inputOptions]))
  let child: ChildProcess | undefined
  let outputError: string | null = null
  // No caller can catch an exception out of a stream's write.
  const onOutputError = (error: unknown): void => {
    outputError ??= messageOf(error)
    child?.kill('SIGKILL')
  }
  command.output(spec.output ?? outputSink(spec, onOutputError))
  command.outputOptions(...two(spec.outputOptions))

  let lastErrorLine: string | null = null
  command.on('stderr', (raw: string) => {
    const line = redactUrls(raw)
    if (/\[(error|fatal|panic)\]/.test(line)) lastErrorLine = withoutPrefix(line)
    spec.onLine?.(line)
  })

  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      const message = `ffmpeg could not be started: ${messageOf(error)}`
      reject(new GatewayError('FFMPEG_FAILED', message, { cause: error }))
    }
    // After the start the child's 'close' tells the end; before it, this is all there is.
    command.on('error', fail)
    command.on('start', () => {
      child = command.ffmpegProc
      if (!child) return
      // fluent-ffmpeg's own listener throws a TypeError that no caller can catch when the binary can't be run.
      child.removeAllListeners('error')
      child.once('error', fail)
      if (child.pid === undefined || !child.stdin) return
      resolve(supervise(child, child.pid, child.stdin, () => ({ lastErrorLine, outputError }), spec.log))
    })
    command.run()
  })
}

/**
 * The guard in front of the binary starts in any case, so a wrong path would look like an ffmpeg that failed.
 * @throws GatewayError FFMPEG_FAILED. A name to be found on PATH is not checked: `locateFfmpeg` ran it.
 */
async function checkExecutable(binary: string): Promise<void> {
  if (!binary.includes('/')) return
  try {
    await access(binary, constants.X_OK)
  } catch (error) {
    const message = `ffmpeg could not be started: ${messageOf(error)}`
    throw new GatewayError('FFMPEG_FAILED', message, { cause: error })
  }
}

/** fluent-ffmpeg tells options from an array of them by their number, so a lone option needs company. */
function two(options: readonly string[]): [string, string, ...string[]] {
  const [first = '-hide_banner', second = '-hide_banner', ...rest] = options
  return [first, second, ...rest]
}

function outputSink(spec: FfmpegSpec, onError: (error: unknown) => void): Writable {
  // emitClose off: fluent-ffmpeg takes a closed output for a reason to kill the process.
  return new Writable({
    emitClose: false,
    write(chunk: Buffer, _encoding, done) {
      try {
        spec.onOutput?.(chunk)
      } catch (error) {
        onError(error)
      }
      done()
    },
  })
}

function supervise(
  child: ChildProcess,
  pid: number,
  stdin: Writable,
  said: () => { lastErrorLine: string | null; outputError: string | null },
  log: Log,
): FfmpegProcess {
  running.add(child)
  let asked = false
  const isGone = () => child.exitCode !== null || child.signalCode !== null
  let startError: Error | null = null
  let killTimer: NodeJS.Timeout | undefined
  child.on('error', (error) => {
    startError = error
  })
  // A write after ffmpeg is gone fails with EPIPE; its 'close' tells what there is to tell.
  stdin.on('error', (error) => log.debug({ pid, error: messageOf(error) }, 'ffmpeg closed its input'))
  const exited = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => {
      clearTimeout(killTimer)
      running.delete(child)
      resolve(judgeExit({ code, signal, error: startError, asked, ...said() }))
    })
  })
  return {
    pid,
    stdin,
    exited,
    stop() {
      if (!asked && !isGone()) {
        asked = true
        child.kill('SIGTERM')
        killTimer = setTimeout(() => {
          log.warn({ pid }, 'ffmpeg did not stop within 5 s and is killed')
          child.kill('SIGKILL')
        }, graceMs)
      }
      return exited
    },
    kill() {
      if (!isGone()) {
        asked = true
        child.kill('SIGKILL')
      }
      return exited
    },
  }
}

/** `[flv @ 0x55d] [error] Broken pipe` → `Broken pipe`: addresses mean nothing to people. */
function withoutPrefix(line: string): string {
  return line.replace(/^(\[[^\]]*\]\s*)+/, '').trim()
}
