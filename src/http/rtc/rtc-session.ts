import { randomBytes } from 'node:crypto'
import { GatewayError } from '../../errors.ts'
import { readIceFragment, usernameFragmentOf } from '../../sfu/sdp/ice-fragment.ts'

/** What a POST opened: a publisher's or a viewer's connection. */
export type RtcConnection = {
  /** SDP. */
  readonly answer: string
  /** @returns an SDP fragment. */
  restartIce(): Promise<string>
  close(): Promise<void>
}

/** The HTTP resource of one connection: knows which ICE session is the present one. */
export class RtcSession {
  /** Unguessable: a client that knows it may end the session. */
  readonly id = randomBytes(18).toString('base64url')
  readonly stream: string
  readonly connection: RtcConnection
  #etag = newEtag()
  #usernameFragment: string | null

  constructor(stream: string, offer: string, connection: RtcConnection) {
    this.stream = stream
    this.connection = connection
    this.#usernameFragment = usernameFragmentOf(offer)
  }

  /** Strong entity tag of the present ICE session (RFC 9725 section 4.3.1). */
  get etag(): string {
    return this.#etag
  }

  /**
   * Takes an SDP fragment: candidates, which an ICE lite server has no use for, or the ICE session that a client begins
   * anew.
   * @returns the fragment to answer a restart with; null for candidates.
   * @throws GatewayError BAD_REQUEST, ICE_SESSION_NOT_NAMED, STALE_ICE_SESSION
   */
  async patch(fragment: string, ifMatch: string | undefined): Promise<string | null> {
    if (ifMatch === undefined) {
      throw new GatewayError('ICE_SESSION_NOT_NAMED', 'An If-Match header must name the ICE session.')
    }
    const { usernameFragment } = readIceFragment(fragment)
    const tags = ifMatch.split(',').map((tag) => tag.trim())
    if (!tags.includes('*') && !tags.includes(this.#etag)) {
      throw new GatewayError('STALE_ICE_SESSION', 'The ICE session is another one by now.')
    }
    if (usernameFragment === null || usernameFragment === this.#usernameFragment) return null
    const answer = await this.connection.restartIce()
    this.#usernameFragment = usernameFragment
    this.#etag = newEtag()
    return answer
  }
}

function newEtag(): string {
  return `"${randomBytes(9).toString('base64url')}"`
}
