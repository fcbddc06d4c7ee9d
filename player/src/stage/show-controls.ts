import { create } from '../common/create.ts'
import { setText } from '../common/set-text.ts'
import type { RoomClient } from './room-client.ts'

const modes = [
  ['auto', 'Automatic'],
  ['solo', 'One person'],
  ['side-by-side', 'Side by side'],
  ['grid', 'Grid'],
  ['speaker', 'Speaker and strip'],
  ['screen', 'Screen and strip'],
  ['picture-in-picture', 'Picture in picture'],
] as const

const stateTexts = {
  off: 'The show is off. Viewers see nothing yet.',
  starting: 'Starting…',
  live: 'Live: viewers see who is on stage.',
  failed: 'The show stopped',
} as const

/** A host's levers for the show. */
export class ShowControls {
  readonly element: HTMLElement
  readonly #live: HTMLButtonElement
  readonly #state = create('p', 'status')
  readonly #layout = create('select', '')
  readonly #banner = create('input', '')
  readonly #lock: HTMLButtonElement

  constructor(client: RoomClient, stream: string) {
    const ignore = (what: string) => (error: unknown) => console.info(`${what} was refused`, error)
    this.#live = create('button', 'primary main-button', 'Go live')
    this.#live.id = 'go-live'
    this.#live.type = 'button'
    this.#live.addEventListener('click', () => {
      const running = client.room?.programme.state === 'live'
      client.ask(running ? 'endShow' : 'goLive', {}).catch(ignore('The show'))
    })
    this.#state.setAttribute('role', 'status')
    for (const [value, label] of modes) {
      const option = create('option', '', label)
      option.value = value
      this.#layout.append(option)
    }
    this.#layout.addEventListener('change', () => {
      const mode = modes.find(([value]) => value === this.#layout.value)?.[0] ?? 'auto'
      client.ask('layout', { layout: { mode, main: null, free: [] } }).catch(ignore('The layout'))
    })
    this.#banner.maxLength = 60
    this.#banner.addEventListener('change', () => {
      client.ask('banner', { text: this.#banner.value.trim() }).catch(ignore('The banner'))
    })
    this.#lock = create('button', '', 'Lock room')
    this.#lock.type = 'button'
    this.#lock.addEventListener('click', () => {
      client.ask('lock', { locked: client.room?.locked !== true }).catch(ignore('The lock'))
    })
    const link = (text: string, href: string) => {
      const anchor = create('a', '', text)
      anchor.href = href
      anchor.target = '_blank'
      anchor.rel = 'noopener'
      return anchor
    }
    this.element = create(
      'section',
      'card',
      create('h2', '', 'Show'),
      this.#live,
      this.#state,
      create('label', 'field', create('span', '', 'Layout'), this.#layout),
      create('label', 'field', create('span', '', 'Banner'), this.#banner),
      this.#lock,
      create(
        'p',
        'hint',
        link('Watch page', `/watch/${stream}`),
        ' · ',
        link('Join page for guests', `/join/${stream}`),
      ),
    )
  }

  render({ room }: RoomClient): void {
    if (!room) return
    const { state, error } = room.programme
    setText(this.#live, state === 'live' ? 'End show' : 'Go live')
    this.#live.disabled = state === 'starting'
    setText(this.#state, state === 'failed' ? `${stateTexts.failed}: ${error ?? ''}` : stateTexts[state])
    if (document.activeElement !== this.#layout) this.#layout.value = room.layout.mode
    if (document.activeElement !== this.#banner) this.#banner.value = room.banner
    setText(this.#lock, room.locked ? 'Unlock room' : 'Lock room')
  }
}
