import { byId } from '../../common/by-id.ts'
import type { PublishKey } from '../connection/publish-key.ts'

/** The field for a publish key, which shows when the gateway asks for one. */
export class KeyView {
  readonly #row = byId('key-row', HTMLElement)
  readonly #field = byId('publish-key', HTMLInputElement)

  constructor(key: PublishKey) {
    this.#field.addEventListener('change', () => {
      key.value = this.#field.value.trim()
    })
  }

  /** The gateway refused for want of a key that is good. */
  ask(): void {
    if (!this.#row.hidden) return
    this.#row.hidden = false
    this.#field.focus()
  }
}
