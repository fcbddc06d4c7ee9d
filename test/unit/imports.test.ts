import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')

/** An import of a file: what it names, resolved when it is a file of ours, e.g. `src/errors.ts`. */
type Import = { from: string; to: string; typeOnly: boolean }

/** Layers from the top down: a file imports from its own layer's folder and from layers below. */
const layers = [
  ['main'],
  ['app'],
  ['http'],
  ['stage', 'webhooks'],
  ['ingest', 'hls', 'targets'],
  ['streams', 'push'],
  ['packager', 'platform-feed'],
  ['encoder', 'auth'],
  ['feed'],
  ['mp4', 'nut', 'ffmpeg', 'sfu', 'database'],
]
/** They import nothing of ours, or only each other. */
const leaves = [
  'errors',
  'cleanup',
  'log',
  'config',
  'backoff',
  'pause',
  'steady-clock',
  'transcode-slots',
  'media-budget',
  'stream-name',
  'limit',
  'serial-queue',
  'supervisor',
]

/** Files that need no Node and import nothing, so that the pages can use them, too. */
const runAnywhere = [
  'src/ingest/protocol-constants.ts',
  'src/backoff.ts',
  'src/errors.ts',
  'src/config/target-kinds.ts',
  'src/stage/initials-of.ts',
]

/** What only some may import, and why. */
const reserved: { what: RegExp; only: RegExp; why: string }[] = [
  {
    what: /^mediasoup(\/|$)/,
    only: /^src\/sfu\//,
    why: 'only src/sfu imports mediasoup, types included: everybody else sees streams and tracks, not producers',
  },
  {
    what: /^fluent-ffmpeg$/,
    only: /^src\/ffmpeg\/process\.ts$/,
    why: 'only src/ffmpeg/process.ts imports fluent-ffmpeg, which is not maintained any more',
  },
  {
    what: /^(node:sqlite|better-sqlite3|pg)$/,
    only: /^src\/database\//,
    why: 'only src/database knows which database it is: everybody else writes queries that each of them takes',
  },
  {
    what: /^(node:)?worker_threads$/,
    only: /^src\/stage\/mixer\/mixer-(thread|worker)\.ts$/,
    why: 'only the mixer has a thread of its own',
  },
  {
    what: /^(node:)?(child_process|cluster)$/,
    only: /^src\/ffmpeg\//,
    why: 'only src/ffmpeg starts processes, so that there is one place that ends them',
  },
]

/** What a folder must not know although it lies below, and why. */
const forbidden: { from: RegExp; what: RegExp; why: string }[] = [
  {
    from: /^src\/packager\//,
    what: /^src\/sfu\//,
    why: 'the packager reads a Source, of which a publication in the SFU is only one',
  },
]

/** What is wrong with an import; undefined when nothing is. */
function problem({ from, to, typeOnly }: Import): string | undefined {
  const rule = reserved.find(({ what, only }) => what.test(to) && !only.test(from))
  if (rule) return rule.why
  const blocked = forbidden.find((each) => each.from.test(from) && each.what.test(to))
  if (blocked) return blocked.why
  if (from.startsWith('player/') && to.startsWith('src/')) {
    if (typeOnly || runAnywhere.includes(to)) return undefined
    return 'the pages take from the server only types and what runs anywhere'
  }
  if (!from.startsWith('src/') || !to.startsWith('src/')) {
    return from.startsWith('src/') && /^(player|test|scripts)\//.test(to)
      ? 'the server takes nothing from the pages, scripts or tests'
      : undefined
  }
  const [fromPart, toPart] = [partOf(from), partOf(to)]
  if (fromPart === toPart) return undefined
  if (leaves.includes(toPart)) return undefined
  if (leaves.includes(fromPart))
    return `${fromPart} is a leaf: everybody may import it, so it imports only leaves`
  const [fromLayer, toLayer] = [layerOf(fromPart), layerOf(toPart)]
  if (fromLayer < toLayer) return undefined
  return `imports point down: ${layers.map((layer) => layer.join(', ')).join(' → ')}`
}

/** `src/feed/feed.ts` → `feed`, `src/app.ts` → `app` */
function partOf(file: string): string {
  return file.split('/')[1]?.replace(/\.ts$/, '') ?? ''
}

function layerOf(part: string): number {
  const layer = layers.findIndex((names) => names.includes(part))
  if (layer < 0) throw new Error(`src/${part} is in no layer: say in this test where it belongs`)
  return layer
}

function importsOf(file: string, text = readFileSync(join(root, file), 'utf8')): Import[] {
  const statements = text.matchAll(
    /^(?:import|export)\s+(type\s+)?(?:([^'";]*?)\s+from\s+)?['"]([^'"]+)['"]|\b(?:import|require|createRequire\([^)]*\))\(\s*['"]([^'"]+)['"]/gm,
  )
  return [...statements].map(([, type, names = '', target = '', dynamic]) => {
    const to = dynamic ?? target
    const listed = /^\{([^}]*)\}$/.exec(names.trim())?.[1]?.split(',') ?? []
    const inner = listed.map((name) => name.trim()).filter(Boolean)
    return {
      from: file,
      to: to.startsWith('.') ? normalize(join(dirname(file), to)) : to,
      typeOnly: type !== undefined || (inner.length > 0 && inner.every((name) => name.startsWith('type '))),
    }
  })
}

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.includes('node_modules') && !name.startsWith('dist'))
    .map((name) => join(folder, name))
}

describe('the arrows', () => {
  test('all imports of the server and the pages point the right way', () => {
    const imports = [...sources('src'), ...sources('player')].flatMap((file) => importsOf(file))
    // A reader that finds nothing would find nothing wrong.
    expect(imports.length).toBeGreaterThan(200)
    const wrong = imports.flatMap((each) => {
      const why = problem(each)
      return why ? [`${each.from} must not import ${each.to}: ${why}`] : []
    })
    expect(wrong).toEqual([])
  })

  test.each(runAnywhere)('%s imports nothing', (file) => {
    expect(importsOf(file)).toEqual([])
  })

  test('only main.ts reads the environment', () => {
    const readers = sources('src').filter((file) =>
      /\bprocess\s*\.\s*env\b/.test(readFileSync(join(root, file), 'utf8')),
    )
    expect(readers).toEqual(['src/main.ts'])
  })

  test.each([
    ['src/feed/feed.ts', "import { Stream } from '../streams/stream.ts'", /point down/],
    ['src/feed/feed.ts', "import type { StreamSnapshot } from '../streams/stream-snapshot.ts'", /point down/],
    ['src/packager/packager.ts', "import { Tap } from '../sfu/tap.ts'", /reads a Source/],
    ['src/streams/stream.ts', "import { HlsStore } from '../hls/store.ts'", /point down/],
    ['src/sfu/tap.ts', "import { startFfmpeg } from '../ffmpeg/process.ts'", /point down/],
    ['src/hls/store.ts', "import { Targets } from '../targets/targets.ts'", /point down/],
    ['src/http/api.ts', "export { App } from '../app.ts'", /point down/],
    ['src/errors.ts', "import { Feed } from './feed/feed.ts'", /leaf/],
    ['src/log.ts', "import { messageOf } from './errors.ts'", undefined],
    ['src/packager/packager.ts', "import type { Producer } from 'mediasoup/types'", /only src\/sfu/],
    ['src/sfu/tap.ts', "import type { Producer } from 'mediasoup/types'", undefined],
    ['src/ffmpeg/locate.ts', "import fluent from 'fluent-ffmpeg'", /process\.ts/],
    ['src/app.ts', "import { spawn } from 'node:child_process'", /starts processes/],
    ['src/app.ts', "const { spawn } = await import('node:child_process')", /starts processes/],
    ['src/app.ts', "import '../test/support/clip.ts'", /nothing from/],
    ['player/src/home/home.ts', "import { Cleanup } from '../../../src/cleanup.ts'", /only types/],
    ['player/src/home/home.ts', "import type { ErrorShape } from '../../../src/errors.ts'", undefined],
    ['player/src/home/home.ts', "import { type A, type B } from '../../../src/errors.ts'", undefined],
    ['player/src/home/home.ts', "import { type A, b } from '../../../src/config/config.ts'", /only types/],
    ['src/app.ts', "import {\n  type Config,\n  settings,\n} from './config/config.ts'", undefined],
  ])('in %s: %s', (file, text, wrong) => {
    const [found, ...others] = importsOf(file, text)
    expect(others).toEqual([])
    const why = found && problem(found)
    if (wrong) expect(why).toMatch(wrong)
    else expect([found?.from, why]).toEqual([file, undefined])
  })
})
