import { expect, test } from 'vitest'
import { mayTakeOver } from '../../../src/streams/may-take-over.ts'

const anonymousOwner = { principal: 'anonymous', tokens: ['present', 'shown'] }
const alice = { principal: 'user:alice', tokens: ['present'] }

test.each([
  ['nothing to take over', { principal: 'anonymous' }, null, true],
  ['an anonymous stranger', { principal: 'anonymous' }, anonymousOwner, false],
  ['an anonymous stranger, of a user', { principal: 'anonymous' }, alice, false],
  ['a user, of an anonymous publisher', { principal: 'user:alice' }, anonymousOwner, false],
  ['the same user', { principal: 'user:alice' }, alice, true],
  ['another user', { principal: 'user:eve' }, alice, false],
  ['the present token', { principal: 'anonymous', resumeToken: 'present' }, anonymousOwner, true],
  [
    'the token that the publisher showed',
    { principal: 'anonymous', resumeToken: 'shown' },
    anonymousOwner,
    true,
  ],
  ['the present token, of another user', { principal: 'user:eve', resumeToken: 'present' }, alice, true],
  ['a wrong token', { principal: 'anonymous', resumeToken: 'guessed' }, anonymousOwner, false],
  ['an empty token', { principal: 'anonymous', resumeToken: '' }, anonymousOwner, false],
  ['a wrong token of the same user', { principal: 'user:alice', resumeToken: 'old' }, alice, true],
])('%s', (_name, claim, owner, may) => {
  expect(mayTakeOver(claim, owner)).toBe(may)
})
