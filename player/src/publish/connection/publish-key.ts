import { takeFragment } from '../../common/take-fragment.ts'

/** The publish key of a stream: from the page's link, or typed. Kept for as long as the tab, so that a reload has it. */
export class PublishKey {
  readonly #name: string
  readonly #storage: Storage

  constructor(stream: string, storage: Storage) {
    this.#name = `sluice:key:${stream}`
    this.#storage = storage
    const linked = takeFragment('key')
    if (linked !== null) this.value = linked
  }

  get value(): string | null {
    return this.#storage.getItem(this.#name)
  }

  set value(key: string | null) {
    if (key === null || key === '') this.#storage.removeItem(this.#name)
    else this.#storage.setItem(this.#name, key)
  }

  /** For requests to the API. */
  get headers(): Record<string, string> {
    return this.value === null ? {} : { authorization: `Bearer ${this.value}` }
  }
}
