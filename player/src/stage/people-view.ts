import type { PersonSnapshot } from '../../../src/stage/stage-snapshot.ts'
import { create } from '../common/create.ts'
import { setText } from '../common/set-text.ts'
import type { RoomClient } from './room-client.ts'

const placeNames = { waiting: 'Waiting', backstage: 'Backstage', stage: 'On stage' } as const

type Action = { label: string; run: () => Promise<unknown> }

/** What a host can do with a person, in the order of the buttons. */
export function actionsFor(client: Pick<RoomClient, 'ask' | 'personId'>, person: PersonSnapshot): Action[] {
  const personId = person.id
  const own = personId === client.personId
  const has = (name: string) => person.sources.find(({ source }) => source === name)
  return [
    ...(person.place === 'waiting'
      ? [{ label: 'Let in', run: () => client.ask('place', { personId, place: 'backstage' }) }]
      : []),
    ...(person.place === 'backstage'
      ? [{ label: 'Put on stage', run: () => client.ask('place', { personId, place: 'stage' }) }]
      : []),
    ...(person.place === 'stage'
      ? [{ label: 'Take off stage', run: () => client.ask('place', { personId, place: 'backstage' }) }]
      : []),
    ...(!own && has('microphone') && !has('microphone')?.paused
      ? [{ label: 'Mute', run: () => client.ask('mute', { personId }) }]
      : []),
    ...(!own && person.muted
      ? [{ label: 'Ask to unmute', run: () => client.ask('askUnmute', { personId }) }]
      : []),
    ...(!own && has('screen')
      ? [{ label: 'Stop screen', run: () => client.ask('stopScreen', { personId }) }]
      : []),
    ...(!own && person.role !== 'host'
      ? [{ label: 'Remove', run: () => client.ask('remove', { personId }) }]
      : []),
  ]
}

type Row = {
  element: HTMLElement
  name: HTMLElement
  state: HTMLElement
  buttons: HTMLElement
  labels: string
}

/** The people of the room, with a host's buttons. */
export class PeopleView {
  readonly element = create('ul', 'people')
  readonly #rows = new Map<string, Row>()

  render(client: RoomClient, isHost: boolean): void {
    const people = [...(client.room?.people ?? [])].sort(byHand)
    for (const person of people) {
      const row = this.#row(person.id)
      setText(row.name, person.name)
      const quality =
        person.quality && person.quality.level !== 'excellent' ? `connection ${person.quality.level}` : ''
      const facts = [
        placeNames[person.place],
        person.role === 'guest' ? '' : person.role,
        person.handAt ? 'hand raised' : '',
        person.muted ? 'muted by a host' : '',
        person.connected ? quality : 'reconnecting…',
      ]
      setText(row.state, facts.filter(Boolean).join(' · '))
      row.state.title = person.quality?.cause ?? ''
      this.#buttons(row, person, isHost ? actionsFor(client, person) : [])
      this.element.append(row.element)
    }
    const present = new Set(people.map(({ id }) => id))
    for (const [id, { element }] of this.#rows) {
      if (present.has(id)) continue
      element.remove()
      this.#rows.delete(id)
    }
  }

  /** The same buttons stay in the page: focus and a press that is under way are not lost. */
  #buttons(row: Row, person: PersonSnapshot, actions: Action[]): void {
    const labels = actions.map(({ label }) => label).join()
    if (labels === row.labels) return
    row.labels = labels
    row.buttons.replaceChildren(
      ...actions.map(({ label, run }) => {
        const button = create('button', '', label)
        button.type = 'button'
        button.setAttribute('aria-label', `${label}: ${person.name}`)
        button.addEventListener('click', () => {
          run().catch((error: unknown) => console.info(`${label} was refused`, error))
        })
        return button
      }),
    )
  }

  #row(id: string): Row {
    const known = this.#rows.get(id)
    if (known) return known
    const name = create('strong', '')
    const state = create('span', 'hint')
    const buttons = create('div', 'person-actions')
    const element = create('li', 'person', name, state, buttons)
    const row = { element, name, state, buttons, labels: '' }
    this.#rows.set(id, row)
    return row
  }
}

/** Raised hands first, in the order in which they were raised; otherwise as they came. */
function byHand(first: PersonSnapshot, second: PersonSnapshot): number {
  return (first.handAt ?? '9').localeCompare(second.handAt ?? '9')
}
