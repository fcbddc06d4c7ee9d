import { create } from '../common/create.ts'
import type { RoomClient } from './room-client.ts'

/** The room's chat. */
export class ChatView {
  readonly element: HTMLElement
  readonly #log = create('ul', 'chat-log')
  #shown = 0

  constructor(client: RoomClient) {
    const input = create('input', '')
    input.maxLength = 500
    input.setAttribute('aria-label', 'Message')
    const send = create('button', '', 'Send')
    send.type = 'submit'
    const form = create('form', 'chat-form', input, send)
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      const text = input.value.trim()
      if (text === '') return
      client.ask('chat', { text }).then(
        () => {
          input.value = ''
        },
        (error: unknown) => console.info('The message was refused', error),
      )
    })
    this.#log.setAttribute('role', 'log')
    this.element = create('section', 'card', create('h2', '', 'Chat'), this.#log, form)
  }

  render({ chat }: RoomClient): void {
    for (const { id, name, text } of chat) {
      if (id <= this.#shown) continue
      this.#shown = id
      this.#log.append(create('li', '', create('strong', '', `${name}: `), text))
      this.#log.scrollTop = this.#log.scrollHeight
    }
  }
}
