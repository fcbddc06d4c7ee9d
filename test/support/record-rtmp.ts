import { readFile } from 'node:fs/promises'
import { runTool, testFfmpeg } from './run-tool.ts'

/** Plays a stream of an RTMP server for some seconds of media, into a file. @returns what is in it. */
export async function recordRtmp(url: string, seconds: number, path: string): Promise<Buffer> {
  const input = ['-v', 'error', '-nostdin', '-rw_timeout', '10000000', '-i', url]
  await runTool(testFfmpeg, [...input, '-t', String(seconds), '-c', 'copy', '-f', 'flv', '-y', path])
  return await readFile(path)
}
