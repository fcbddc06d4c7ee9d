import { execFileSync } from 'node:child_process'
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'
import { locateFfmpeg } from '../../src/ffmpeg/locate.ts'

export type Machine = { ffmpegBinary: string; lines: readonly string[] }

/** What the figures depend on. `load` is what ran before the bench: figures of a busy machine say little. */
export async function describeMachine(): Promise<Machine> {
  const ffmpeg = await locateFfmpeg(process.env.FFMPEG_PATH ?? null)
  const load = loadavg().map((value) => value.toFixed(2))
  const commit = gitCommit()
  return {
    ffmpegBinary: ffmpeg.binary,
    lines: [
      `machine  ${availableParallelism()} cores, ${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}`,
      `node     ${process.version}, ffmpeg ${ffmpeg.version}${commit ? `, commit ${commit}` : ''}`,
      `load     ${load.join(' ')} before the start${(loadavg()[0] ?? 0) > availableParallelism() / 2 ? '  ← BUSY: the figures are too high' : ''}`,
    ],
  }
}

/** null outside of a git checkout. */
function gitCommit(): string | null {
  try {
    const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8', stdio: 'pipe' }).trim()
    return (
      git('rev-parse', '--short', 'HEAD') +
      (git('status', '--porcelain', '--', 'src', 'player') ? '+changes' : '')
    )
  } catch {
    return null // an unpacked archive, or no git: the figures are as good
  }
}
