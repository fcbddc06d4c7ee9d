import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { SetupError } from './context.mjs'
import { capture, runLong } from './exec.mjs'
import { findOnPath } from './files.mjs'
import { UNVERIFIED } from './pinned.mjs'

const POLICY_FILE = '/usr/sbin/policy-rc.d'
const POLICY = '#!/bin/sh\n# Written by the set-up of sluice for the time of one installation.\nexit 101\n'

/**
 * Which of the wanted packages are not installed, in the order given?
 * @param {string} dpkgOutput of `dpkg-query -W -f '${Package} ${db:Status-Status}\n'`
 * @param {readonly string[]} wanted
 */
export function missingPackages(dpkgOutput, wanted) {
  const installed = new Set(
    dpkgOutput
      .split('\n')
      .map((line) => line.split(' '))
      .filter(([, status]) => status === 'installed')
      .map(([name]) => name),
  )
  return [...new Set(wanted)].filter((name) => !installed.has(name))
}

/**
 * Installs what is missing of Debian's packages.
 * @param {import('./context.mjs').SetupContext} context
 * @param {readonly string[]} wanted
 * @throws {SetupError} naming the command to run, where this process may not install packages
 */
export async function ensureDebianPackages({ report }, wanted) {
  if (wanted.length === 0) return
  if (!findOnPath('apt-get') || !findOnPath('dpkg-query')) {
    throw new SetupError(
      `Install what these Debian packages hold, by your system's means: ${wanted.join(' ')}. Or let set-up download ` +
        `ready-made binaries that it can't verify: ${UNVERIFIED}=1`,
    )
  }
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholders
  const query = await capture('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\\n', ...wanted])
  const missing = missingPackages(query.stdout, wanted)
  if (missing.length === 0) return
  const install = ['install', '-y', '--no-install-recommends', ...missing]
  if (process.getuid?.() !== 0) {
    throw new SetupError(`Some packages are missing; install them by: sudo apt-get ${install.join(' ')}`)
  }
  report.doing('apt', `apt-get ${install.join(' ')} (up to 2 min)`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const withServicesOff = missing.includes('nginx')
  const { code, excerpt } = await (withServicesOff ? withoutServices : run)(async () => {
    const first = await runLong(report, 'apt', 'apt-get', install, { env })
    if (first.code === 0) return first
    // The package lists are missing (a fresh container) or too old; only now, because it takes a while.
    report.doing('apt', 'apt-get update')
    await runLong(report, 'apt', 'apt-get', ['update'], { env })
    return runLong(report, 'apt', 'apt-get', install, { env })
  })
  if (code !== 0) throw new SetupError(`apt-get could not install ${missing.join(' ')}.\n${excerpt}`)
  if (withServicesOff && existsSync('/run/systemd/system')) {
    // It was installed for the tests, which start their own: it must not take port 80 at the next boot.
    await capture('systemctl', ['disable', 'nginx'])
  }
}

/**
 * @template T
 * @param {() => Promise<T>} work
 */
function run(work) {
  return work()
}

/**
 * Keeps packages from starting their services while they are installed: Debian asks `policy-rc.d` first.
 * A policy of the user's own stays.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
async function withoutServices(work) {
  const isForeign = existsSync(POLICY_FILE) && readFileSync(POLICY_FILE, 'utf8') !== POLICY
  if (isForeign) return work()
  writeFileSync(POLICY_FILE, POLICY, { mode: 0o755 })
  const remove = () => rmSync(POLICY_FILE, { force: true })
  process.once('exit', remove)
  try {
    return await work()
  } finally {
    process.off('exit', remove)
    remove()
  }
}
