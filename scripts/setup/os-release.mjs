import { readFileSync } from 'node:fs'

/**
 * @typedef {object} Distribution
 * @property {string} id `debian`, `ubuntu`, …; Node's name of the platform where there is no os-release
 * @property {string} version `12`; `rolling` where none is given, as in Debian testing
 * @property {string} codename `bookworm`; may be empty
 */

/**
 * Reads the text of an os-release file.
 * @param {string} text
 * @returns {Distribution}
 */
export function parseOsRelease(text) {
  /** @type {Record<string, string>} */
  const fields = {}
  for (const line of text.split('\n')) {
    const match = /^([A-Z_][A-Z0-9_]*)=(?:"(.*)"|'(.*)'|(.*))$/.exec(line.trim())
    if (match?.[1]) fields[match[1]] = match[2] ?? match[3] ?? match[4] ?? ''
  }
  return {
    id: fields.ID || 'linux',
    version: fields.VERSION_ID || 'rolling',
    codename: fields.VERSION_CODENAME || '',
  }
}

/** @returns {Distribution} */
export function thisDistribution() {
  try {
    return parseOsRelease(readFileSync('/etc/os-release', 'utf8'))
  } catch {
    // Not Linux, or one without the file: the platform's name still keeps cached binaries apart.
    return { id: process.platform, version: 'rolling', codename: '' }
  }
}
