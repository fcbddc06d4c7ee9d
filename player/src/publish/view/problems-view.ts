import { byId } from '../../common/by-id.ts'
import { create } from '../../common/create.ts'
import type { Device } from '../capture/media-problem.ts'

/** What is wrong with camera, microphone and screen, one line each, and a button to try again. */
export class ProblemsView {
  readonly #box = byId('media-problems', HTMLElement)
  readonly #list = byId('media-problem-list', HTMLUListElement)
  readonly #retry = byId('media-retry', HTMLButtonElement)
  readonly #problems = new Map<Device | 'page', string>()

  constructor(onRetry: () => void) {
    this.#retry.addEventListener('click', onRetry)
  }

  set(of: Device | 'page', text: string | null): void {
    if ((this.#problems.get(of) ?? null) === text) return
    if (text === null) this.#problems.delete(of)
    else this.#problems.set(of, text)
    this.#list.replaceChildren(...[...this.#problems.values()].map((problem) => create('li', '', problem)))
    this.#box.hidden = this.#problems.size === 0
    this.#retry.hidden = this.#problems.has('page')
  }
}
