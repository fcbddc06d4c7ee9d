import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/**
 * One hash over names and contents of files. A folder stands for all files below it.
 * @param {string} base names are taken relative to it, so that a moved checkout keeps its hash
 * @param {readonly string[]} paths absolute
 * @param {(path: string) => boolean} [skip] e.g. for a folder of outputs among the inputs
 * @throws when a path does not exist
 */
export function hashOf(base, paths, skip = () => false) {
  const hash = createHash('sha256')
  /** @param {string} path */
  const add = (path) => {
    if (skip(path)) return
    if (statSync(path).isDirectory()) {
      for (const name of readdirSync(path).sort()) add(join(path, name))
      return
    }
    const content = readFileSync(path)
    // The length keeps "ab" + "c" and "a" + "bc" apart.
    hash.update(`${relative(base, path)}\0${content.length}\0`).update(content)
  }
  for (const path of paths) add(path)
  return hash.digest('hex')
}

/**
 * Does the stamp file say exactly this? A missing stamp says nothing.
 * @param {string} file
 * @param {string} content
 */
export function isStamped(file, content) {
  try {
    return readFileSync(file, 'utf8') === content
  } catch {
    return false
  }
}

/**
 * To be called when the work is complete, so that work cut short is never taken for done.
 * @param {string} file
 * @param {string} content
 */
export function writeStamp(file, content) {
  mkdirSync(dirname(file), { recursive: true })
  const half = `${file}.${process.pid}`
  writeFileSync(half, content)
  renameSync(half, file)
}

/** @param {string} file */
export function removeStamp(file) {
  rmSync(file, { force: true })
}
