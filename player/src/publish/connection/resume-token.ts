type TokenStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

/**
 * The token with which this browser may go on with a stream, also after a reload or in another tab. It stays out of
 * the address, which people share.
 */
export class ResumeToken {
  readonly #key: string
  readonly #storage: TokenStorage
  #own: string | null = null

  constructor(stream: string, storage: TokenStorage) {
    this.#key = `sluice.resume.${stream}`
    this.#storage = storage
  }

  /** This page's own token, or null when the gateway has given it none so far. */
  get own(): string | null {
    return this.#own
  }

  /** The token to show. A page that had one goes by that: another tab may have taken the stream over from it since. */
  toShow(): string | null {
    return this.#own ?? this.#stored()
  }

  /** The gateway let this page in and gave it a token. */
  keep(token: string): void {
    this.#own = token
    this.#attempt(() => this.#storage.setItem(this.#key, token))
  }

  /** A new broadcast begins here, or goes on here after another page. */
  forgetOwn(): void {
    this.#own = null
  }

  /** The stream ended. A token that another tab has stored since stays. */
  drop(): void {
    const own = this.#own
    this.#own = null
    if (own !== null && this.#stored() === own) this.#attempt(() => this.#storage.removeItem(this.#key))
  }

  #stored(): string | null {
    return this.#attempt(() => this.#storage.getItem(this.#key)) ?? null
  }

  /** Browsers refuse storage in some private windows: then a reload can't go on, and nothing else is lost. */
  #attempt<T>(use: () => T): T | null {
    try {
      return use()
    } catch (error) {
      console.info('This browser keeps nothing', error)
      return null
    }
  }
}
