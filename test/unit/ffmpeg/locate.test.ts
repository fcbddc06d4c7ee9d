import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { locateFfmpeg } from '../../../src/ffmpeg/locate.ts'

const all = 'libx264 aac vp8 vp9 opus h264 rtp udp pipe rtmp rtmps mp4 flv'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-locate-'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

/** A program that answers as an ffmpeg of that version with these abilities. */
function ffmpeg(name: string, version: string, abilities = all): string {
  const path = join(folder, name, 'ffmpeg')
  mkdirSync(join(folder, name))
  writeFileSync(path, `#!/bin/sh\necho "ffmpeg version ${version} Copyright"\necho "${abilities}"\n`)
  chmodSync(path, 0o755)
  return path
}

function onPath(path: string | null): void {
  vi.stubEnv('PATH', path === null ? folder : join(path, '..'))
}

describe('without a configured path', () => {
  test("the distribution's comes before ffmpeg-static's", async () => {
    onPath(ffmpeg('system', '5.1.9-0+deb12u1'))
    const packaged = ffmpeg('packaged', '6.1.1')
    expect(await locateFfmpeg(null, async () => packaged)).toEqual({
      binary: 'ffmpeg',
      version: '5.1.9-0+deb12u1',
    })
  })

  test.each([
    ['is too old', '4.3.9-0+deb11u1', all],
    ['can not do what is needed', '6.1', all.replace('rtmps ', '')],
  ])("ffmpeg-static's serves when the distribution's %s", async (_why, version, abilities) => {
    onPath(ffmpeg('system', version, abilities))
    const packaged = ffmpeg('packaged', '6.1.1')
    expect((await locateFfmpeg(null, async () => packaged)).binary).toBe(packaged)
    const alone = locateFfmpeg(null, async () => null)
    await expect(alone).rejects.toMatchObject({
      code: 'FFMPEG_FAILED',
      message: /lacks (what version 5|rtmps)/,
    })
  })

  test('none at all is said as a sentence', async () => {
    onPath(null)
    await expect(locateFfmpeg(null, async () => null)).rejects.toThrow(/can't be run as "ffmpeg"/)
  })
})

test('a configured path is used or refused, and nothing in its place', async () => {
  const good = ffmpeg('good', 'N-113007-g8d24a28d06')
  onPath(good)
  const old = ffmpeg('old', 'n4.4.2')
  await expect(locateFfmpeg(old, async () => good)).rejects.toThrow(/lacks what version 5 brought/)
  expect((await locateFfmpeg(good, async () => null)).version).toBe('N-113007-g8d24a28d06')
})
