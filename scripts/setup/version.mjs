/**
 * The leading numbers of a version: `v22.18.0` and Debian's `1:22.18.0-5` are both [22, 18, 0].
 * @param {string} text
 * @returns {number[]} empty when there are none
 */
export function versionNumbers(text) {
  const match = /^(?:\d+:)?v?(\d+(?:\.\d+)*)/.exec(text.trim())
  return match?.[1] ? match[1].split('.').map(Number) : []
}

/**
 * Is `version` the same as `minimum` or newer? What is not a version is not.
 * @param {string} version
 * @param {string} minimum
 */
export function isAtLeast(version, minimum) {
  const have = versionNumbers(version)
  const need = versionNumbers(minimum)
  if (have.length === 0) return false
  for (let i = 0; i < Math.max(have.length, need.length); i++) {
    const difference = (have[i] ?? 0) - (need[i] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return true
}
