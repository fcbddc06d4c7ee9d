#!/usr/bin/env node
// Stands in for an ffmpeg that ends, or refuses to, in the way that its output names.
const how = process.argv.at(-1)

const ways = {
  'exit-0': () => process.exit(0),
  'exit-1': () => {
    process.stderr.write('[fake @ 0x1] [warning] something is odd\n')
    process.stderr.write('[fake @ 0x1] [error] rtmp://host/app/secret-key: the disk is full\n')
    process.exitCode = 1
  },
  'exit-3-silent': () => process.exit(3),
  'killed-by-signal': () => process.kill(process.pid, 'SIGKILL'),
  'ignores-sigterm': () => {
    process.on('SIGTERM', () => process.stderr.write('[info] SIGTERM is ignored\n'))
    stay()
  },
  stays: stay,
}

function stay() {
  setInterval(() => undefined, 60_000)
  process.stderr.write('[info] ready\n')
}

// fluent-ffmpeg asks for formats and encoders first; there are none.
ways[how]?.()
