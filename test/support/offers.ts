import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const directory = join(import.meta.dirname, '../unit/sfu/offers')

/** Names of those that publish. */
export const publisherOffers = [
  'chromium',
  'chromium-simulcast',
  'firefox',
  'safari',
  'libdatachannel',
  'obs-simulcast',
  'gstreamer',
  'werift',
]

/** An offer of `test/unit/sfu/offers`, with the line ends of SDP. */
export function offerOf(name: string): string {
  return readFileSync(join(directory, `${name}.sdp`), 'utf8').replaceAll('\n', '\r\n')
}
