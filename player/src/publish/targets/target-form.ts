import { ingestUrls, type TargetKind, targetKinds } from '../../../../src/config/target-kinds.ts'
import { messageOf } from '../../../../src/errors.ts'
import { byId } from '../../common/by-id.ts'
import { create } from '../../common/create.ts'
import { setText } from '../../common/set-text.ts'
import type { NewTarget } from './targets-api.ts'
import { kindNames } from './targets-text.ts'

/** The form for another target. The key is sent once and never shown again. */
export class TargetForm {
  readonly #box = byId('target-add', HTMLDetailsElement)
  readonly #form = byId('target-form', HTMLFormElement)
  readonly #kind = byId('target-kind', HTMLSelectElement)
  readonly #name = byId('target-name', HTMLInputElement)
  readonly #url = byId('target-url', HTMLInputElement)
  readonly #key = byId('target-key', HTMLInputElement)
  readonly #submit = byId('target-submit', HTMLButtonElement)
  readonly #problem = byId('target-form-problem', HTMLElement)

  /** @param add rejects with a sentence for people. */
  constructor(add: (target: NewTarget) => Promise<void>) {
    for (const kind of targetKinds) {
      const option = create('option', '', kindNames[kind])
      option.value = kind
      this.#kind.append(option)
    }
    this.#kind.addEventListener('change', () => this.#showKind())
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault()
      void this.#send(add)
    })
    this.#showKind()
  }

  get #chosen(): TargetKind {
    return targetKinds.find((kind) => kind === this.#kind.value) ?? 'rtmp'
  }

  #showKind(): void {
    const known = ingestUrls[this.#chosen]
    this.#url.required = known === null
    this.#url.placeholder = known ?? 'rtmp://host/app'
    this.#key.required = known !== null
    this.#name.placeholder = kindNames[this.#chosen]
  }

  async #send(add: (target: NewTarget) => Promise<void>): Promise<void> {
    const kind = this.#chosen
    const url = this.#url.value.trim()
    const name = this.#name.value.trim() || kindNames[kind]
    this.#submit.disabled = true
    try {
      await add({ name, kind, key: this.#key.value.trim(), ...(url === '' ? {} : { url }) })
      this.#form.reset()
      this.#showKind()
      this.#tell('')
      this.#box.open = false
    } catch (error) {
      this.#tell(messageOf(error))
    }
    this.#submit.disabled = false
  }

  #tell(problem: string): void {
    setText(this.#problem, problem)
    this.#problem.hidden = problem === ''
  }
}
