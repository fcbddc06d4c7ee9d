import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../../src/config/load-config.ts'
import { errorsTable, settingsTable } from './tables.ts'

const root = join(import.meta.dirname, '../../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

/** Read by scripts/, so not in the schema. */
const scriptVariables = 'SLUICE_CACHE_DIR SLUICE_CHROMIUM SLUICE_NGINX_RTMP_MODULE'

/**
 * What stands between `<!-- NAME: … -->` and `<!-- /NAME -->`; written first with UPDATE_DOCS=1 in the environment.
 */
function generatedPart(path: string, name: string, wanted: string): string | undefined {
  const text = read(path)
  const [all, begin = '', part, end = ''] =
    new RegExp(`(<!-- ${name}: .* -->\n\n)([^]*?)(\n*<!-- /${name} -->)`).exec(text) ?? []
  if (all === undefined || process.env.UPDATE_DOCS !== '1') return part
  writeFileSync(
    join(root, path),
    text.replace(all, () => `${begin}${wanted}\n\n${end.trim()}`),
  )
  return wanted
}

describe('tables that are made from the source (UPDATE_DOCS=1 writes them)', () => {
  test.each([
    ['README.md', 'settings', settingsTable()],
    ['ARCHITECTURE.md', 'errors', errorsTable()],
  ])('%s: %s', (path, name, wanted) => {
    expect(generatedPart(path, name, wanted)).toBe(wanted)
  })
})

test.each(['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md'])(
  '%s names only settings and files that exist',
  (path) => {
    const text = read(path)
    const known = new Set(`${settingsTable()} ${scriptVariables}`.split(/\W+/))
    expect((text.match(/\bSLUICE_\w+/g) ?? []).filter((name) => !known.has(name))).toEqual([])
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, target = '']) => target)
    const sources = [...text.matchAll(/(?:src|docker|test)\/[\w./-]*\w\.(?:ts|conf)\b/g)].map(
      ([target]) => target,
    )
    expect([...links, ...sources].filter((target) => !existsSync(join(root, target)))).toEqual([])
  },
)

test("README.md's JSON examples are settings that the gateway accepts", () => {
  const examples = [...read('README.md').matchAll(/```json\n(.*?)```/gs)].map(([, text = '']) => text)
  expect(examples.length).toBeGreaterThan(0)
  const directory = mkdtempSync(join(tmpdir(), 'sluice-docs-'))
  try {
    const file = join(directory, 'sluice.json')
    for (const example of examples) {
      writeFileSync(file, example)
      expect(() => loadConfig({}, file)).not.toThrow()
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('sluice.example.json is a configuration that the gateway accepts', () => {
  const { targets } = loadConfig({}, join(root, 'sluice.example.json')).restream
  expect(Object.keys(targets)).toEqual(['*', 'live'])
  expect(targets.live?.map(({ url }) => new URL(url).protocol)).toEqual(['rtmps:', 'rtmps:'])
})
