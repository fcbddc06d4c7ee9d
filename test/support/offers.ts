import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const directory = join(import.meta.dirname, '../unit/sfu/offers')

/** An offer of `test/unit/sfu/offers`, with the line ends of SDP. */
export function offerOf(name: string): string {
  return readFileSync(join(directory, `${name}.sdp`), 'utf8').replaceAll('\n', '\r\n')
}
