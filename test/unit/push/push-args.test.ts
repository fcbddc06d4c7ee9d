import { describe, expect, test } from 'vitest'
import { pushArguments } from '../../../src/push/push-args.ts'

const placeholders = { app: 'the-app', playPath: 'the-name', tcUrl: 'rtmp://relay/the-address' }
const push = pushArguments(placeholders, 40_001)

describe('pushArguments', () => {
  test('go to the relay, by nothing but RTMP, with placeholders for what the server is told', () => {
    expect(push.output).toBe('rtmp://127.0.0.1:40001/')
    expect(optionValue(push.outputOptions, '-protocol_whitelist')).toBe('rtmp,tcp')
    expect(optionValue(push.outputOptions, '-rtmp_tcurl')).toBe('rtmp://relay/the-address')
    expect(optionValue(push.outputOptions, '-rtmp_app')).toBe('the-app')
    expect(optionValue(push.outputOptions, '-rtmp_playpath')).toBe('the-name')
    expect(push.input).toBe('pipe:0')
    expect(optionValue(push.inputOptions, '-protocol_whitelist')).toBe('pipe')
  })

  test('copies and never encodes', () => {
    const { outputOptions } = push
    expect(optionValue(outputOptions, '-c')).toBe('copy')
    expect(optionValue(outputOptions, '-f')).toBe('flv')
    expect(optionValue(outputOptions, '-flvflags')).toBe('no_duration_filesize')
  })
})

function optionValue(options: readonly string[], name: string): string | undefined {
  return options[options.indexOf(name) + 1]
}
