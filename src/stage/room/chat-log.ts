import { GatewayError } from '../../errors.ts'
import { TokenBucket } from '../../limit/token-bucket.ts'
import type { ChatMessage, PersonSnapshot } from '../stage-snapshot.ts'

const keptMessages = 200
/** Messages that a person may send at once, and then one each second. */
const burst = 5

/** What the people of a room write. It lives as long as the room. */
export class ChatLog {
  readonly #messages: ChatMessage[] = []
  /** By person, not by connection: reconnecting gives no new allowance. */
  readonly #allowances = new Map<string, TokenBucket>()
  readonly #nowMs: () => number
  #count = 0

  /** @param nowMs a clock that never jumps. */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
  }

  /** The last 200, oldest first. */
  get messages(): readonly ChatMessage[] {
    return this.#messages
  }

  /**
   * @param at ISO time.
   * @throws GatewayError TOO_MANY_REQUESTS
   */
  say({ id, name }: Pick<PersonSnapshot, 'id' | 'name'>, text: string, at: string): ChatMessage {
    const allowance = this.#allowances.get(id) ?? new TokenBucket(burst, 1, this.#nowMs)
    this.#allowances.set(id, allowance)
    if (!allowance.take()) {
      throw new GatewayError('TOO_MANY_REQUESTS', 'Wait a moment before the next message.')
    }
    this.#count += 1
    const message = { id: this.#count, personId: id, name, at, text }
    this.#messages.push(message)
    if (this.#messages.length > keptMessages) this.#messages.shift()
    return message
  }

  /** The person has left. Their messages stay. */
  forget(personId: string): void {
    this.#allowances.delete(personId)
  }
}
