import { expect, test } from 'vitest'
import { closingLine, countResults } from '../../../scripts/setup/test-result.mjs'

const GOOD_FILE = { status: 'passed', assertionResults: [{ status: 'passed' }, { status: 'passed' }] }
const FAILED_FILE = { status: 'failed', assertionResults: [{ status: 'failed' }, { status: 'passed' }] }
const BROKEN_FILE = { status: 'failed', assertionResults: [] }
const report = (
  passed: number,
  failed: number,
  ...testResults: { status: string; assertionResults: { status: string }[] }[]
) => ({
  numPassedTests: passed,
  numFailedTests: failed,
  testResults,
})

test.each([
  ['all is well', report(2, 0, GOOD_FILE), 0, 0, '2 passed, 0 failed'],
  ['a test fails', report(3, 1, GOOD_FILE, FAILED_FILE), 1, 0, '3 passed, 1 failed'],
  ['a file cannot be loaded', report(2, 0, GOOD_FILE, BROKEN_FILE), 1, 0, '2 passed, 1 failed'],
  ['an error happens outside of a test', report(2, 0, GOOD_FILE), 1, 0, '2 passed, 1 failed'],
  ['types or lint are wrong', report(2, 0, GOOD_FILE), 0, 2, '2 passed, 2 failed'],
  ['vitest crashes', undefined, 134, 0, '0 passed, 1 failed'],
  ['vitest writes no report but is content', undefined, 0, 0, '0 passed, 1 failed'],
])('when %s', (_when, vitestReport, exitCode, failedChecks, expected) => {
  expect(closingLine(countResults(vitestReport, { exitCode, failedChecks }))).toBe(expected)
})
