import { describe, expect, test } from 'vitest'
import { destinationOf } from '../../../src/restream/destination.ts'
import { pushArguments } from '../../../src/restream/push-args.ts'

const of = (url: string) => pushArguments(destinationOf({ name: 'one', url, key: 'abc' }, 'show'))

describe('pushArguments', () => {
  test.each([
    { url: 'rtmp://host/live', output: 'rtmp://host/live/abc', protocols: 'rtmp,tcp' },
    { url: 'rtmps://host/live', output: 'rtmps://host/live/abc', protocols: 'rtmps,tls,tcp' },
  ])('$url may use $protocols and nothing else', ({ url, output, protocols }) => {
    const push = of(url)
    expect(push.output).toBe(output)
    expect(optionValue(push.outputOptions, '-protocol_whitelist')).toBe(protocols)
    expect(push.input).toBe('pipe:0')
    expect(optionValue(push.inputOptions, '-protocol_whitelist')).toBe('pipe')
  })

  test('copies and never encodes', () => {
    const { outputOptions } = of('rtmp://host/live')
    expect(optionValue(outputOptions, '-c')).toBe('copy')
    expect(optionValue(outputOptions, '-f')).toBe('flv')
    expect(optionValue(outputOptions, '-flvflags')).toBe('no_duration_filesize')
  })

  test('the key stands in the output URL only', () => {
    const { inputOptions, outputOptions } = of('rtmp://host/live')
    expect([...inputOptions, ...outputOptions].join(' ')).not.toContain('abc')
  })
})

function optionValue(options: readonly string[], name: string): string | undefined {
  return options[options.indexOf(name) + 1]
}
