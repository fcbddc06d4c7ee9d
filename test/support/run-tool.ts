import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** The ffmpeg that the tests use; ffprobe is taken from PATH. */
export const testFfmpeg = process.env.FFMPEG_PATH || 'ffmpeg'

export type ToolResult = { stdout: Buffer; stderr: string }

/**
 * Runs a program without blocking: the gateway under test lives in this process.
 * @throws Error with its stderr when it does not exit with 0.
 */
export async function runTool(
  binary: string,
  args: readonly string[],
  input: Buffer | string = '',
): Promise<ToolResult> {
  const child = spawn(binary, args, { stdio: 'pipe' })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  // It may know enough before it has read everything.
  child.stdin.on('error', () => child.stdin.destroy())
  child.stdin.end(input)
  const [code]: unknown[] = await once(child, 'close')
  const stderr = Buffer.concat(err).toString()
  if (code !== 0) throw new Error(`${binary} ${args.join(' ')} exited with ${String(code)}: ${stderr}`)
  return { stdout: Buffer.concat(out), stderr }
}
