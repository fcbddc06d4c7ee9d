import { byId } from '../common/by-id.ts'
import { create } from '../common/create.ts'
import { RequestError } from '../common/request-socket.ts'
import { setText } from '../common/set-text.ts'
import { ChatView } from './chat-view.ts'
import { Entrance } from './entrance.ts'
import { OwnControls } from './own-controls.ts'
import { PeopleView } from './people-view.ts'
import { RoomClient, type RoomStatus } from './room-client.ts'
import { ShowControls } from './show-controls.ts'
import { TilesView } from './tiles-view.ts'

/** The join and the studio page: a form, then the room. `data-state` of the root element tells where the person is. */
export function startRoomPage(stream: string, as: 'host' | 'guest'): void {
  const section = byId('room', HTMLElement)
  const status = byId('status', HTMLElement)
  document.title = `${stream} · Sluice`
  setText(byId('stream-title', HTMLElement), stream)
  // The token stays in the address's fragment, which no request and no log has.
  const invite = new URLSearchParams(location.hash.slice(1)).get('invite')
  const entrance = new Entrance(async ({ name, password, camera, microphone }) => {
    let render = (): void => undefined
    const client = new RoomClient(
      { stream, name, as, ...(invite ? { invite } : {}), ...(password ? { password } : {}) },
      {
        onChange: () => render(),
        onAskUnmute: () => own.askUnmute(),
        onProblem: (text) => setText(status, text),
      },
    )
    const tiles = new TilesView()
    const people = new PeopleView()
    const own = new OwnControls(client)
    const chat = new ChatView(client)
    const show = new ShowControls(client, stream)
    if (camera) await client.send('camera', camera)
    if (microphone) await client.send('microphone', microphone)
    try {
      await client.join()
    } catch (error) {
      if (error instanceof RequestError && error.code === 'NOT_INVITED') entrance.askPassword()
      throw error
    }
    entrance.hide()
    const peopleCard = create('section', 'card', create('h2', '', 'People'), people.element)
    section.replaceChildren(
      create('div', '', tiles.element, own.element),
      create('div', 'room-side', show.element, peopleCard, chat.element),
    )
    render = () => {
      const isHost = client.me !== null && client.me.role !== 'guest'
      document.documentElement.dataset.state = client.status.phase
      section.hidden = client.status.phase !== 'inside'
      show.element.hidden = !isHost
      setText(status, statusText(client.status))
      tiles.render(client)
      people.render(client, isHost)
      own.render()
      chat.render(client)
      show.render(client)
    }
    render()
    addEventListener('pagehide', () => client.leave(), { once: true })
  })
}

function statusText(status: RoomStatus): string {
  if (status.phase === 'waiting') return 'You are waiting. A host lets you in soon.'
  if (status.phase === 'connecting') return status.attempt > 0 ? 'Reconnecting…' : 'Connecting…'
  return status.phase === 'ended' ? status.reason : ''
}
