import { expect, test } from 'vitest'
import {
  allowsPublish,
  judgePublish,
  type PublishQuestion,
} from '../../../../src/push/connection/rtmp-publish-check.ts'

const own = ['127.0.0.1', '172.31.77.10', 'fe80::1']
const push = {
  ...{ host: 'nginx-rtmp', app: 'live', playPath: 'show', serverAddresses: ['172.31.77.3'] },
  ...{ stream: 'show', trusted: false },
}
const question: PublishQuestion = {
  ...{ app: 'live', name: 'show' },
  ...{ publisherAddress: '172.31.77.10', askedFrom: '172.31.77.3' },
}

test.each<{
  name: string
  asked?: Partial<PublishQuestion>
  pushed?: Partial<typeof push>
  allowed: boolean
}>([
  { name: 'the push that connects', allowed: true },
  {
    name: 'a socket of both families',
    asked: { askedFrom: '::ffff:172.31.77.3', publisherAddress: '::FFFF:172.31.77.10' },
    allowed: true,
  },
  { name: 'a name with a query', pushed: { playPath: 'show?token=abc' }, allowed: true },
  { name: "an API user's target under another stream's name", pushed: { stream: 'mine' }, allowed: false },
  { name: "the operator's target under any name", pushed: { stream: 'mine', trusted: true }, allowed: true },
  { name: 'another name', asked: { name: 'other' }, allowed: false },
  { name: 'the beginning of a name', asked: { name: 'sho' }, allowed: false },
  { name: 'no name', asked: { name: '' }, allowed: false },
  { name: 'another application', asked: { app: 'vod' }, allowed: false },
  { name: 'somebody else who publishes', asked: { publisherAddress: '172.31.77.9' }, allowed: false },
  { name: 'somebody else who asks', asked: { askedFrom: '172.31.77.1' }, allowed: false },
  { name: 'the gateway asking itself', asked: { askedFrom: '127.0.0.1' }, allowed: false },
  { name: 'a server that is not found', pushed: { serverAddresses: [] }, allowed: false },
])('$name', ({ asked, pushed, allowed }) => {
  const facts = {
    question: { ...question, ...asked },
    ownAddresses: own,
    connecting: [{ ...push, ...pushed }],
  }
  expect(judgePublish(facts)).toBe(allowed)
})

test('nothing is allowed while nothing connects', () => {
  expect(judgePublish({ question, ownAddresses: own, connecting: [] })).toBe(false)
})

test('names of servers are looked up', async () => {
  const here = { ...question, publisherAddress: '127.0.0.1', askedFrom: '127.0.0.1' }
  expect(await allowsPublish(here, [{ ...push, host: 'localhost' }])).toBe(true)
  expect(await allowsPublish(here, [{ ...push, host: '127.0.0.2' }])).toBe(false)
  expect(await allowsPublish(here, [{ ...push, host: 'nowhere.invalid' }])).toBe(false)
})
