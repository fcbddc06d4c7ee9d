import type { Fragment } from '../../src/feed/fragment.ts'
import { fragmentLengthOf } from '../../src/feed/fragment-length.ts'
import { FragmentReader } from '../../src/feed/fragment-reader.ts'
import { mp4Muxer } from '../../src/feed/muxer.ts'

/** The fragments in a packager's output, numbered as a feed does. */
export function epochFragments(bytes: Buffer): Fragment[] {
  const fragments: Fragment[] = []
  const reader = new FragmentReader({
    fragmentLength: fragmentLengthOf(0.2),
    onFragment: (fragment) => fragments.push({ ...fragment, number: fragments.length }),
  })
  reader.push(bytes)
  return fragments
}

/** A file of one epoch's fragments. */
export function fileOf(fragments: readonly Fragment[]): Buffer {
  const [first] = fragments
  if (!first) return Buffer.alloc(0)
  const muxer = mp4Muxer(first.epoch)
  return Buffer.concat([muxer.header, ...fragments.map(muxer.mux)])
}
