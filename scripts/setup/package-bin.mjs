import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The script behind a command of an installed npm package, to be run by the Node of our choice (the links
 * in `.bin` take whichever is on PATH).
 * @param {string} root
 * @param {string} name of the package
 * @param {string} [command] when it is not the package's name without its scope
 * @throws when the package is not installed or has no such command
 */
export function packageBin(root, name, command = name.replace(/^@[^/]+\//, '')) {
  const folder = join(root, 'node_modules', name)
  const text = readFileSync(join(folder, 'package.json'), 'utf8')
  const { bin } = /** @type {{ bin?: string | Record<string, string> }} */ (JSON.parse(text))
  const path = typeof bin === 'string' ? bin : bin?.[command]
  if (!path) throw new Error(`${name} has no command ${command}`)
  return join(folder, path)
}
