/**
 * The part of vitest's JSON report that counts.
 * @typedef {object} VitestReport
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {readonly { status: string, assertionResults: readonly { status: string }[] }[]} testResults
 */

/**
 * What the closing line of a test run says.
 *
 * Passed are tests only. Failed is everything that keeps the run from being good: tests, test files that
 * could not be loaded, the checks before the tests, and a run that ended badly although no test failed
 * (an error outside of a test, a crash, no tests at all).
 * @param {VitestReport | undefined} report `undefined`: vitest wrote none
 * @param {{ exitCode: number, failedChecks: number }} run
 * @returns {{ passed: number, failed: number }}
 */
export function countResults(report, { exitCode, failedChecks }) {
  const brokenFiles = (report?.testResults ?? []).filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((result) => result.status === 'failed'),
  ).length
  const failedTests = (report?.numFailedTests ?? 0) + brokenFiles
  const isUnexplained = failedTests === 0 && (exitCode !== 0 || !report)
  return {
    passed: report?.numPassedTests ?? 0,
    failed: failedTests + failedChecks + (isUnexplained ? 1 : 0),
  }
}

/**
 * The last line of a test run, which scripts read.
 * @param {{ passed: number, failed: number }} counts
 */
export function closingLine({ passed, failed }) {
  return `${passed} passed, ${failed} failed`
}
