import { describe, expect, test } from 'vitest'
import {
  type PackagerInput,
  type PackagerSettings,
  packagerInputOptions,
  packagerOutputOptions,
} from '../../../src/packager/packager-args.ts'

const settings: PackagerSettings = {
  segmentSeconds: 2,
  partSeconds: 0.2,
  lowLatency: false,
  transcodeWidth: 1280,
  transcodeHeight: 720,
  transcodeFramesPerSecond: 30,
  transcodeBitrateBps: 2_500_000,
  transcodePreset: 'superfast',
  audioBitrateBps: 128_000,
}

/** Value behind an option; undefined when it is not there. */
function option(options: readonly string[], name: string): string | undefined {
  return options.includes(name) ? options[options.indexOf(name) + 1] : undefined
}

function output(input: PackagerInput, part: Partial<PackagerSettings> = {}): string[] {
  return packagerOutputOptions(input, { ...settings, ...part })
}

test('the input may only be RTP over UDP on loopback', () => {
  expect(option(packagerInputOptions, '-protocol_whitelist')).toBe('pipe,udp,rtp')
  expect(option(packagerInputOptions, '-localaddr')).toBe('127.0.0.1')
  // It drops the packets that were looked at, the first keyframe among them.
  expect(packagerInputOptions).not.toContain('nobuffer')
})

describe('the output', () => {
  test.each<{ name: string; input: PackagerInput; maps: string[]; codecs: (string | undefined)[] }>([
    {
      name: 'H.264 and sound',
      input: { video: 'copy', audio: true },
      maps: ['0:v:0', '0:a:0'],
      codecs: ['copy', 'aac'],
    },
    {
      name: 'other video and sound',
      input: { video: 'transcode', audio: true },
      maps: ['0:v:0', '0:a:0'],
      codecs: ['libx264', 'aac'],
    },
    {
      name: 'sound only',
      input: { video: 'none', audio: true },
      maps: ['0:a:0'],
      codecs: [undefined, 'aac'],
    },
    {
      name: 'H.264 only',
      input: { video: 'copy', audio: false },
      maps: ['0:v:0'],
      codecs: ['copy', undefined],
    },
  ])('of $name', ({ input, maps, codecs }) => {
    const options = output(input)
    expect(options.filter((_, index) => options[index - 1] === '-map')).toEqual(maps)
    expect([option(options, '-c:v'), option(options, '-c:a')]).toEqual(codecs)
    expect(option(options, '-f')).toBe('mp4')
    expect(option(options, '-movflags')).toBe('+cmaf+delay_moov+frag_keyframe+skip_trailer')
    // Options, all of them: no element is empty or holds two.
    for (const element of options) expect(element).toMatch(/^\S+$/)
  })

  test('copied video is not filtered', () => {
    expect(output({ video: 'copy', audio: true })).not.toContain('-vf')
    expect(output({ video: 'copy', audio: true })).not.toContain('-g')
  })

  test.each([
    { segmentSeconds: 2, transcodeFramesPerSecond: 30, frames: '60' },
    { segmentSeconds: 1, transcodeFramesPerSecond: 25, frames: '25' },
    { segmentSeconds: 1.5, transcodeFramesPerSecond: 15, frames: '23' },
  ])(
    'encoded video has a keyframe every $segmentSeconds s at $transcodeFramesPerSecond fps',
    ({ frames, ...part }) => {
      const options = output({ video: 'transcode', audio: false }, part)
      expect([
        option(options, '-g'),
        option(options, '-keyint_min'),
        option(options, '-sc_threshold'),
      ]).toEqual([frames, frames, '0'])
      expect(option(options, '-vf')).toContain(`fps=${part.transcodeFramesPerSecond}`)
    },
  )

  test('encoded video fits into the frame and keeps its rate', () => {
    const options = output(
      { video: 'transcode', audio: false },
      { transcodeWidth: 640, transcodeHeight: 360 },
    )
    expect(option(options, '-vf')).toMatch(
      /^scale=640:360:force_original_aspect_ratio=decrease,pad=640:360:\(ow-iw\)\/2:\(oh-ih\)\/2,setsar=1,/,
    )
    expect([option(options, '-b:v'), option(options, '-maxrate')]).toEqual(['2500000', '2500000'])
    expect(option(options, '-preset')).toBe('superfast')
  })

  test('sound has the configured rate, and timestamps that never go backwards', () => {
    const options = output({ video: 'none', audio: true }, { audioBitrateBps: 96_000 })
    expect(option(options, '-b:a')).toBe('96000')
    expect(option(options, '-af')).not.toContain('first_pts')
  })
})
