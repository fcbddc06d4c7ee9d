import { messageOf } from '../../../../src/errors.ts'
import type { TargetDetails } from '../../../../src/targets/target-details.ts'
import { byId } from '../../common/by-id.ts'
import { create } from '../../common/create.ts'
import { poll } from '../../common/poll.ts'
import type { ServerClock } from '../../common/server-clock.ts'
import { setText } from '../../common/set-text.ts'
import type { PublishKey } from '../connection/publish-key.ts'
import { TargetForm } from './target-form.ts'
import { type TargetAction, TargetsApi } from './targets-api.ts'
import { type TargetRow, targetRow } from './targets-text.ts'

/** Not "Stop", which is the button that ends the show. */
const actionNames: Readonly<Record<TargetAction, string>> = {
  start: 'Switch on',
  stop: 'Switch off',
  retry: 'Retry',
  remove: 'Remove',
}
const allActions = ['retry', 'start', 'stop', 'remove'] as const
const lookEveryMs = 1000

type Row = {
  item: HTMLLIElement
  kind: HTMLElement
  state: HTMLElement
  note: HTMLElement
  problem: HTMLElement
  buttons: Map<TargetAction, HTMLButtonElement>
}

/** Where the stream goes to besides the watch page: a row per target, and the form for another one. */
export class TargetsView {
  readonly #list = byId('targets', HTMLUListElement)
  readonly #empty = byId('targets-empty', HTMLElement)
  readonly #problem = byId('targets-problem', HTMLElement)
  readonly #rows = new Map<string, Row>()
  readonly #api: TargetsApi
  readonly #clock: ServerClock

  constructor(stream: string, clock: ServerClock, key: PublishKey) {
    this.#api = new TargetsApi(stream, clock, key)
    this.#clock = clock
    new TargetForm(async (target) => {
      await this.#api.add(target)
      await this.#look()
    })
    poll(() => this.#look(), { pauseWhenHidden: true })
  }

  async #look(): Promise<number> {
    try {
      this.#show(await this.#api.list())
    } catch (error) {
      // The rest of the page says that the gateway is away.
      console.debug('No targets', error)
    }
    return lookEveryMs
  }

  #show(targets: readonly TargetDetails[]): void {
    this.#empty.hidden = targets.length > 0
    const names = new Set(targets.map(({ name }) => name))
    for (const [name, { item }] of this.#rows) {
      if (names.has(name)) continue
      item.remove()
      this.#rows.delete(name)
    }
    for (const target of targets) this.#showRow(targetRow(target, this.#clock.now()))
  }

  #showRow({ name, kind, state, health, note, problem, actions }: TargetRow): void {
    const row = this.#rows.get(name) ?? this.#addRow(name)
    row.item.dataset.health = health
    setText(row.kind, kind)
    setText(row.state, state)
    setText(row.note, note ?? '')
    row.note.hidden = note === null
    setText(row.problem, problem ?? '')
    row.problem.hidden = problem === null
    // Hidden and not made anew: a button keeps the keyboard's focus.
    for (const [action, button] of row.buttons) button.hidden = !actions.includes(action)
  }

  #addRow(name: string): Row {
    const kind = create('span', 'hint')
    const state = create('p', 'target-state')
    const note = create('p', 'hint')
    const problem = create('p', 'target-problem')
    const buttons = new Map<TargetAction, HTMLButtonElement>()
    for (const action of allActions) {
      const button = create('button', '', actionNames[action])
      button.type = 'button'
      button.setAttribute('aria-label', `${actionNames[action]} ${name}`)
      button.addEventListener('click', () => void this.#act(name, action, button))
      buttons.set(action, button)
    }
    const title = create('p', 'target-title', create('strong', '', name), ' ', kind)
    const text = create('div', 'target-text', title, state, note, problem)
    const item = create('li', 'output target', text, create('div', 'target-buttons', ...buttons.values()))
    this.#list.append(item)
    const row: Row = { item, kind, state, note, problem, buttons }
    this.#rows.set(name, row)
    return row
  }

  async #act(name: string, action: TargetAction, button: HTMLButtonElement): Promise<void> {
    if (action === 'remove' && !confirm(`Remove “${name}”? The gateway forgets its key.`)) return
    button.disabled = true
    try {
      await this.#api.act(name, action)
      this.#tell('')
    } catch (error) {
      this.#tell(messageOf(error))
    }
    button.disabled = false
    await this.#look()
  }

  #tell(problem: string): void {
    setText(this.#problem, problem)
    this.#problem.hidden = problem === ''
  }
}
