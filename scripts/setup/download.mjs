import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/**
 * How long an answer may take to begin. A closed network often drops packets instead of refusing them, and
 * everything downloaded here has a substitute.
 */
const ANSWER_SECONDS = 20
const WHOLE_SECONDS = 300

/**
 * @param {string} url
 * @param {string} file
 * @returns {Promise<string | undefined>} why it failed
 */
export async function download(url, file) {
  const abort = new AbortController()
  const answer = setTimeout(() => abort.abort(new Error('no answer')), ANSWER_SECONDS * 1000)
  const whole = setTimeout(() => abort.abort(new Error('too slow')), WHOLE_SECONDS * 1000)
  try {
    const response = await fetch(url, { signal: abort.signal })
    clearTimeout(answer)
    if (!response.ok || !response.body) return `HTTP ${response.status}`
    await pipeline(Readable.fromWeb(/** @type {any} */ (response.body)), createWriteStream(file))
    return undefined
  } catch (error) {
    return reasonOf(error)
  } finally {
    clearTimeout(answer)
    clearTimeout(whole)
  }
}

/**
 * Does the host answer at all? For downloads by code of others, which waits too long.
 * @param {string} url
 * @returns {Promise<string | undefined>} why not
 */
export async function whyUnreachable(url) {
  try {
    await fetch(url, {
      method: 'HEAD',
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_SECONDS * 1000),
    })
    return undefined
  } catch (error) {
    return reasonOf(error)
  }
}

/** @param {unknown} error fetch hides the real one, e.g. ENOTFOUND, in `cause` */
function reasonOf(error) {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause instanceof Error ? error.cause : error
  return /** @type {NodeJS.ErrnoException} */ (cause).code ?? cause.message
}
