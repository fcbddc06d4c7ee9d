import { create } from '../common/create.ts'
import { setText } from '../common/set-text.ts'
import type { RoomClient } from './room-client.ts'

/** A person's own buttons: microphone, camera, screen, hand, leave. */
export class OwnControls {
  readonly element: HTMLElement
  readonly #client: RoomClient
  readonly #microphone: HTMLButtonElement
  readonly #camera: HTMLButtonElement
  readonly #screen: HTMLButtonElement
  readonly #hand: HTMLButtonElement
  readonly #note = create('p', 'hint')

  constructor(client: RoomClient) {
    this.#client = client
    this.#microphone = this.#button('Mute microphone', () => this.#toggle('microphone'))
    this.#camera = this.#button('Turn camera off', () => this.#toggle('camera'))
    this.#screen = this.#button('Share screen', () => this.#shareScreen())
    this.#hand = this.#button('Raise hand', () => client.ask('hand', { raised: client.me?.handAt === null }))
    const leave = this.#button('Leave', async () => client.leave())
    const buttons = create(
      'div',
      'room-controls',
      this.#microphone,
      this.#camera,
      this.#screen,
      this.#hand,
      leave,
    )
    this.#note.setAttribute('role', 'status')
    this.element = create('div', '', buttons, this.#note)
  }

  render(): void {
    const { me } = this.#client
    this.#microphone.disabled = !this.#client.own('microphone')
    this.#camera.disabled = !this.#client.own('camera')
    const silent = this.#client.isPaused('microphone') || me?.muted === true
    setText(this.#microphone, silent ? 'Unmute microphone' : 'Mute microphone')
    setText(this.#camera, this.#client.isPaused('camera') ? 'Turn camera on' : 'Turn camera off')
    setText(this.#screen, this.#client.own('screen') ? 'Stop sharing' : 'Share screen')
    setText(this.#hand, me?.handAt ? 'Lower hand' : 'Raise hand')
    setText(this.#note, me?.muted ? 'A host muted you. Raise your hand to be heard.' : '')
  }

  /** A host wants to hear the person: only they can unmute. */
  askUnmute(): void {
    setText(this.#note, 'A host asks you to unmute.')
    this.#microphone.focus()
  }

  async #toggle(source: 'microphone' | 'camera'): Promise<void> {
    const host =
      source === 'microphone' && this.#client.me?.sources.find((each) => each.source === source)?.paused
    await this.#client.setPaused(source, !(this.#client.isPaused(source) || host === true))
  }

  async #shareScreen(): Promise<void> {
    if (this.#client.own('screen')) {
      this.#client.own('screen')?.stop()
      this.#client.own('screen-audio')?.stop()
      await this.#client.send('screen', null)
      await this.#client.send('screen-audio', null)
      return
    }
    const media = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: 30 }, audio: true })
    const [screen] = media.getVideoTracks()
    const [sound] = media.getAudioTracks()
    screen?.addEventListener('ended', () => {
      void this.#client.send('screen', null)
      void this.#client.send('screen-audio', null)
    })
    if (screen) await this.#client.send('screen', screen)
    if (sound) await this.#client.send('screen-audio', sound)
  }

  #button(label: string, run: () => Promise<unknown>): HTMLButtonElement {
    const button = create('button', '', label)
    button.type = 'button'
    button.addEventListener('click', () => {
      run().catch((error: unknown) => console.info(`${label} failed`, error))
    })
    return button
  }
}
