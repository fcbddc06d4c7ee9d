import type { StreamSnapshot } from '../../../../src/streams/stream-snapshot.ts'
import { byId } from '../../common/by-id.ts'
import { create } from '../../common/create.ts'
import { setText } from '../../common/set-text.ts'
import { hlsLine } from './outputs-text.ts'

/** The list of outputs that are always on: HLS. */
export class OutputsView {
  readonly #list = byId('outputs', HTMLUListElement)
  readonly #empty = byId('outputs-empty', HTMLElement)

  /** @param stream null while not live */
  update(stream: StreamSnapshot | null): void {
    const lines = stream ? [hlsLine(stream)] : []
    this.#empty.hidden = lines.length > 0
    while (this.#list.children.length > lines.length) this.#list.lastElementChild?.remove()
    for (const [index, line] of lines.entries()) {
      let item = this.#list.children[index]
      if (!(item instanceof HTMLLIElement)) {
        item = create('li', 'output', create('span', 'output-name'), ' ', create('span', 'output-text'))
        this.#list.append(item)
      }
      if (item instanceof HTMLLIElement) item.dataset.health = line.health
      const [name, text] = item.children
      if (name) setText(name, `${line.name}:`)
      if (text) setText(text, line.text)
    }
  }
}
