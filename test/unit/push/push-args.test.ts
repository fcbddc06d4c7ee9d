import { describe, expect, test } from 'vitest'
import { destinationOf } from '../../../src/push/connection/destination.ts'
import { pushArguments } from '../../../src/push/push-args.ts'

const of = (url: string) => pushArguments(destinationOf({ url, key: 'abc' }, 'show'), 40_001)

describe('pushArguments', () => {
  test.each([
    { url: 'rtmp://host/live', tcUrl: 'rtmp://host/live', output: 'rtmp://127.0.0.1:40001/' },
    { url: 'rtmps://host/live', tcUrl: 'rtmps://host/live', output: 'rtmp://127.0.0.1:40001/' },
    { url: 'rtmp://me:word@host/live', tcUrl: 'rtmp://host/live', output: 'rtmp://me:word@127.0.0.1:40001/' },
  ])('$url goes through the relay, by nothing but RTMP', ({ url, tcUrl, output }) => {
    const push = of(url)
    expect(push.output).toBe(output)
    expect(optionValue(push.outputOptions, '-protocol_whitelist')).toBe('rtmp,tcp')
    expect(optionValue(push.outputOptions, '-rtmp_tcurl')).toBe(tcUrl)
    expect(optionValue(push.outputOptions, '-rtmp_app')).toBe('live')
    expect(push.input).toBe('pipe:0')
    expect(optionValue(push.inputOptions, '-protocol_whitelist')).toBe('pipe')
  })

  test('copies and never encodes', () => {
    const { outputOptions } = of('rtmp://host/live')
    expect(optionValue(outputOptions, '-c')).toBe('copy')
    expect(optionValue(outputOptions, '-f')).toBe('flv')
    expect(optionValue(outputOptions, '-flvflags')).toBe('no_duration_filesize')
  })

  test('the key stands in one place only, which ffmpeg does not print', () => {
    const { inputOptions, outputOptions, output } = of('rtmp://host/live')
    const everything = [...inputOptions, ...outputOptions, output]
    expect(everything.filter((each) => each.includes('abc'))).toEqual(['abc'])
    expect(optionValue(outputOptions, '-rtmp_playpath')).toBe('abc')
  })
})

function optionValue(options: readonly string[], name: string): string | undefined {
  return options[options.indexOf(name) + 1]
}
