// Exit code 0 when the gateway would work with the ffmpeg given as argument; else its reason on stderr. Runs in a
// process of its own, by the Node that set-up chose: the gateway's own check is TypeScript, which an old Node can't run.
import { checkFfmpeg } from '../../src/ffmpeg/locate.ts'

const [, , binary = ''] = process.argv
try {
  await checkFfmpeg(binary)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
}
