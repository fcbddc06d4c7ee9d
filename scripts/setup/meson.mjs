import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SetupError } from './context.mjs'
import { capture } from './exec.mjs'
import { withTempFolder } from './files.mjs'
import { thisDistribution } from './os-release.mjs'
import { isAtLeast } from './version.mjs'

/** What the worker's meson.build asks for. Debian 12 itself has 1.0. */
const MESON_MINIMUM = '1.1.0'

/**
 * @typedef {object} Meson
 * @property {readonly [string, ...string[]]} command
 * @property {NodeJS.ProcessEnv} env needed by meson and by ninja, which calls meson again
 */

/**
 * A meson that is new enough: the installed one, else Debian's package, unpacked into the cache without
 * installing it. It is pure Python, so that needs neither root nor a package of this very release.
 * @param {import('./context.mjs').SetupContext} context
 * @returns {Promise<Meson>}
 * @throws {SetupError}
 */
export async function ensureMeson({ cacheDir, report }) {
  const installed = await capture('meson', ['--version'])
  if (installed.code === 0 && isAtLeast(installed.stdout, MESON_MINIMUM))
    return { command: ['meson'], env: {} }
  const folder = join(cacheDir, 'meson')
  const cached = unpackedMeson(folder)
  if (await works(cached)) return cached
  report.doing('worker', `  fetching meson (needs ${MESON_MINIMUM})`)
  const failure = await withTempFolder(cacheDir, async (temp) => {
    const found = (await fromOwnSources(temp)) ?? (await fromBackports(temp))
    if (!found) return 'no Debian package of it is new enough'
    const unpacked = join(temp, 'unpacked')
    const { code, stderr } = await capture('dpkg', ['-x', found, unpacked])
    if (code !== 0) return stderr.trim()
    if (!(await works(unpackedMeson(unpacked)))) return 'the Debian package does not run here'
    rmSync(folder, { recursive: true, force: true })
    renameSync(unpacked, folder)
    return undefined
  })
  if (failure) throw new SetupError(`Install meson ${MESON_MINIMUM} or newer (${failure}).`)
  return unpackedMeson(folder)
}

/**
 * @param {string} folder
 * @returns {Meson}
 */
function unpackedMeson(folder) {
  // Debian's python3 by its full name: one in front of it on PATH may be too old or lack modules.
  const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3'
  return {
    command: [python, join(folder, 'usr/bin/meson')],
    env: { PYTHONPATH: join(folder, 'usr/lib/python3/dist-packages') },
  }
}

/** @param {Meson} meson */
async function works({ command: [program, ...args], env }) {
  const { code, stdout } = await capture(program, [...args, '--version'], { env: { ...process.env, ...env } })
  return code === 0 && isAtLeast(stdout, MESON_MINIMUM)
}

/**
 * The version that apt would install.
 * @param {string} policy output of `apt-cache policy PACKAGE`
 * @returns {string | undefined}
 */
export function candidateVersion(policy) {
  const version = /^ {2}Candidate: (\S+)$/m.exec(policy)?.[1]
  return version === '(none)' ? undefined : version
}

/**
 * @param {string} temp
 * @returns {Promise<string | undefined>} the .deb file
 */
async function fromOwnSources(temp) {
  const { stdout } = await capture('apt-cache', ['policy', 'meson'], { env: { ...process.env, LC_ALL: 'C' } })
  if (!isAtLeast(candidateVersion(stdout) ?? '', MESON_MINIMUM)) return undefined
  return fetchDeb(temp, [])
}

/**
 * From Debian's backports, through a list of sources and a state of its own: nothing of the system's apt
 * settings changes.
 * @param {string} temp
 * @returns {Promise<string | undefined>} the .deb file
 */
async function fromBackports(temp) {
  const { id, codename } = thisDistribution()
  if (id !== 'debian' || !codename) return undefined
  const sources = join(temp, 'backports.sources')
  for (const folder of ['lists/partial', 'cache/archives/partial'])
    mkdirSync(join(temp, folder), { recursive: true })
  writeFileSync(sources, backportsSource(await debianMirror(), codename))
  const options = [
    `Dir::Etc::SourceList=${sources}`,
    'Dir::Etc::SourceParts=-',
    `Dir::State::Lists=${join(temp, 'lists')}`,
    `Dir::Cache=${join(temp, 'cache')}`,
  ].flatMap((option) => ['-o', option])
  const update = await capture('apt-get', [...options, 'update'], { timeoutSeconds: 120 })
  return update.code === 0 ? fetchDeb(temp, options) : undefined
}

/**
 * @param {string} mirror
 * @param {string} codename
 */
export function backportsSource(mirror, codename) {
  return [
    'Types: deb',
    `URIs: ${mirror}`,
    `Suites: ${codename}-backports`,
    'Components: main',
    'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg',
    '',
  ].join('\n')
}

/** The mirror that this system uses, which may be the only one that it reaches. */
async function debianMirror() {
  const { stdout } = await capture('apt-get', ['indextargets', '--format', '$(REPO_URI) $(ORIGIN) $(SUITE)'])
  return pickMirror(stdout) ?? 'http://deb.debian.org/debian'
}

/**
 * @param {string} targets lines of `repository origin suite`
 * @returns {string | undefined}
 */
export function pickMirror(targets) {
  return targets
    .split('\n')
    .map((line) => line.split(' '))
    .find(([uri, origin, suite]) => uri && origin === 'Debian' && !/security/.test(`${uri} ${suite}`))?.[0]
}

/**
 * @param {string} temp
 * @param {readonly string[]} options
 * @returns {Promise<string | undefined>}
 */
async function fetchDeb(temp, options) {
  await capture('apt-get', [...options, 'download', 'meson'], { cwd: temp, timeoutSeconds: 120 })
  const name = readdirSync(temp).find((file) => file.endsWith('.deb'))
  return name && join(temp, name)
}
