import { expect, test } from 'vitest'
import { errorCodes, GatewayError, messageOf, toErrorShape } from '../../src/errors.ts'

test.each(Object.entries(errorCodes))(
  '%s has a status that says whose fault it is',
  (_, { status, fault }) => {
    expect([400, 500][Number(fault !== 'client')]).toBe(status < 500 ? 400 : 500)
  },
)

test('an error knows its status and fault by its code', () => {
  const cause = new Error('details')
  const error = new GatewayError('STREAM_TAKEN', 'Choose another name.', { cause })
  expect(error).toMatchObject({ name: 'GatewayError', status: 409, fault: 'client', cause })
  expect(toErrorShape(error)).toEqual({ code: 'STREAM_TAKEN', message: 'Choose another name.' })
})

test.each([
  { thrown: new Error('/secret/path'), name: 'an unknown error' },
  { thrown: 'rtmp://host/key', name: 'a text' },
  { thrown: undefined, name: 'nothing' },
  { thrown: { code: 'BAD_REQUEST', message: 'not ours' }, name: 'something that looks like one' },
])('$name tells the outside nothing', ({ thrown }) => {
  expect(toErrorShape(thrown)).toEqual({
    code: 'INTERNAL',
    message: 'Something went wrong inside the gateway. Its log says more.',
  })
})

test('the message of whatever was thrown', () => {
  expect([new Error('a'), 'b', 3, null].map(messageOf)).toEqual(['a', 'b', '3', 'null'])
})
