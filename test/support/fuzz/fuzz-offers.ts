import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import { hostileText } from '../arbitraries/hostile.ts'
import { offerOf, publisherOffers } from '../offers.ts'
import { sdpType } from '../rtc-http.ts'
import { FuzzFinding, type FuzzSurface, note } from './fuzz-run.ts'

/** An offer with up to eight lines broken: cut, doubled, left out, moved, or one of their words replaced. */
function damagedOffer(offer: string): fc.Arbitrary<string> {
  const change = fc.record({
    at: fc.nat(200),
    other: fc.nat(200),
    way: fc.nat(5),
    word: fc.nat(20),
    junk: hostileText,
  })
  return fc.array(change, { minLength: 1, maxLength: 8 }).map((changes) => {
    const lines = offer.split('\r\n')
    for (const { at, other, way, word, junk } of changes) {
      const index = at % lines.length
      const line = lines[index] ?? ''
      const parts = line.split(/(?<=[ :=;/])/)
      const replaced = parts.with(word % parts.length, junk).join('')
      const ways = [
        [],
        [line, line],
        [line.slice(0, word)],
        [replaced],
        [`${line}${junk}`],
        [lines[other % lines.length] ?? ''],
      ]
      lines.splice(index, 1, ...(ways[way] ?? []))
    }
    return lines.join('\r\n')
  })
}

const whipOffer = fc.constantFrom(...publisherOffers).chain((name) => damagedOffer(offerOf(name)))
const whepOffer = damagedOffer(offerOf('chromium-watch'))

/** Publishes, or is refused for what the offer holds; its stream ends with it. */
export const fuzzWhip = offersTo('whip', 'SDP offers to WHIP', 0.05, whipOffer, [201, 400, 413, 415, 422])
/** The viewers of one publisher, which is there all the time. */
export const fuzzWhep = offersTo('whep', 'SDP offers to WHEP', 0.1, whepOffer, [201, 400, 406, 413, 415, 422])

function offersTo(
  prefix: 'whip' | 'whep',
  name: string,
  share: number,
  arbitrary: fc.Arbitrary<string>,
  possible: readonly number[],
): FuzzSurface {
  return {
    name,
    share,
    async run({ gateway }, inputs, seed) {
      const outcomes = new Map<string, number>()
      const post = async (url: string, body: string): Promise<Response> => {
        for (;;) {
          const response = await fetch(url, { method: 'POST', headers: { 'content-type': sdpType }, body })
          if (response.status !== 429) return response
          await response.arrayBuffer()
          await delay(50)
        }
      }
      const end = async (response: Response): Promise<void> => {
        const location = response.headers.get('location')
        if (location) await fetch(new URL(location, gateway.url), { method: 'DELETE' })
      }
      const publish = () => post(`${gateway.url}/whip/watched`, offerOf('chromium'))
      let publisher = prefix === 'whep' ? await publish() : null
      try {
        for (const [index, offer] of fc.sample(arbitrary, { seed, numRuns: inputs }).entries()) {
          const url = `${gateway.url}/${prefix}/${publisher ? 'watched' : `fuzz-${index}`}`
          let response = await post(url, offer)
          if (response.status === 409 && publisher) {
            // The gateway let the publisher go, because no media comes from it.
            await end(publisher)
            publisher = await publish()
            response = await post(url, offer)
          }
          const text = await response.text()
          if (!possible.includes(response.status)) throw new FuzzFinding(`${response.status} ${text}`, offer)
          note(outcomes, String(response.status))
          await end(response)
        }
      } finally {
        if (publisher) await end(publisher)
      }
      return outcomes
    },
  }
}
