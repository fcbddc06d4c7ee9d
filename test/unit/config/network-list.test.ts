import { expect, test } from 'vitest'
import { networkListSchema } from '../../../src/config/network-list.ts'

test.each([
  ['', []],
  ['10.0.0.0/8, ::1 ,nginx-rtmp', ['10.0.0.0/8', '::1', 'nginx-rtmp']],
  [['rtmp.example.org'], ['rtmp.example.org']],
])('%j is %j', (value, list) => {
  expect(networkListSchema.parse(value)).toEqual(list)
})

test.each(['10.0.0.0/33', '10.0.0', '300.1.1.1', 'rtmp://host', 'a b', '-a', '*', 'host:1935'])(
  '%s is nothing',
  (entry) => {
    expect(networkListSchema.safeParse([entry]).success).toBe(false)
  },
)
