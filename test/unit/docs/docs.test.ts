import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../../src/config/load-config.ts'
import { errorsTable, settingsTable } from './tables.ts'

const root = join(import.meta.dirname, '../../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

/** Read by scripts/, so not in the schema. */
const scriptVariables =
  'SLUICE_CACHE_DIR SLUICE_CHROMIUM SLUICE_NGINX_RTMP_MODULE SLUICE_UNVERIFIED_DOWNLOADS'

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
    ['docs/configure.md', 'settings', settingsTable()],
    ['docs/api.md', 'errors', errorsTable()],
  ])('%s: %s', (path, name, wanted) => {
    expect(generatedPart(path, name, wanted)).toBe(wanted)
  })
})

/** Every document, by its path. */
const documents = [
  ...['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md'],
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

test.each(documents)('%s names only settings and files that exist', (path) => {
  const text = read(path)
  const known = new Set(`${settingsTable()} ${scriptVariables}`.split(/\W+/))
  expect((text.match(/\bSLUICE_\w+/g) ?? []).filter((name) => !known.has(name))).toEqual([])
  const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)(?:#([^)]*))?\)/g)].map(
    ([, target = '', anchor]) => ({ path: join(dirname(path), target), anchor }),
  )
  const anchors = links.filter(({ path: to, anchor }) => anchor && !headingsOf(to).includes(anchor))
  expect(anchors).toEqual([])
  const sources = [...text.matchAll(/(?:src|docker|test)\/[\w./-]*\w\.(?:ts|conf)\b/g)].map(
    ([target]) => target,
  )
  const linked = links.map((link) => link.path)
  expect([...linked, ...sources].filter((target) => !existsSync(join(root, target)))).toEqual([])
})

/** As GitHub makes anchors of headings. */
function headingsOf(path: string): string[] {
  return [...read(path).matchAll(/^#+ (.*)$/gm)].map(([, text = '']) =>
    text
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  )
}

test('README.md is at most 120 lines long', () => {
  expect(read('README.md').split('\n').length - 1).toBeLessThanOrEqual(120)
})

test('the JSON examples are settings that the gateway accepts', () => {
  const examples = [
    ...documents
      .map(read)
      .join('\n')
      .matchAll(/```json\n(.*?)```/gs),
  ].map(([, text = '']) => text)
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
