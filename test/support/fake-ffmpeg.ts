import { Writable } from 'node:stream'
import { vi } from 'vitest'
import type { Exit } from '../../src/ffmpeg/exit.ts'
import type { FfmpegProcess, FfmpegSpec } from '../../src/ffmpeg/process.ts'

/** An ffmpeg that the test plays: it keeps what it reads, and ends when it is told to. */
export function fakeFfmpeg() {
  const { promise: exited, resolve } = Promise.withResolvers<Exit>()
  const read: Buffer[] = []
  const stdin = new Writable({
    write(chunk: Buffer, _encoding, done) {
      read.push(chunk)
      done()
    },
  })
  const ends = (reason: string, asked: boolean): Promise<Exit> => {
    const facts = { code: 1, signal: null, error: null, asked, outputError: null, lastErrorLine: null }
    resolve({ ...facts, clean: asked, reason })
    return exited
  }
  const ffmpeg = {
    ...{ pid: 4711, stdin, exited },
    stop: vi.fn(() => ends('was stopped', true)),
    kill: vi.fn(() => ends('was killed', true)),
    exit: (reason = 'exited with code 1') => ends(reason, false),
    read: () => Buffer.concat(read),
  }
  return ffmpeg satisfies FfmpegProcess
}

export type FakeFfmpeg = ReturnType<typeof fakeFfmpeg>

/** What a module that starts an ffmpeg gets in its place: how it was started, and what stands for it. */
export type FfmpegEdge = { spec: FfmpegSpec | undefined; ffmpeg: FakeFfmpeg | Error | undefined }
