import { initialsOf } from '../../../src/stage/initials-of.ts'
import type { PersonSnapshot } from '../../../src/stage/stage-snapshot.ts'
import { create } from '../common/create.ts'
import { setText } from '../common/set-text.ts'
import type { RoomClient } from './room-client.ts'

type Tile = {
  element: HTMLElement
  video: HTMLVideoElement
  audio: HTMLAudioElement
  name: HTMLElement
  initials: HTMLElement
}

/** A tile for each camera and each shared screen, the person's own included. */
export class TilesView {
  readonly element = create('div', 'tiles')
  readonly #tiles = new Map<string, Tile>()

  render(client: RoomClient): void {
    const people = client.room?.people.filter(({ place }) => place !== 'waiting') ?? []
    const shown = new Set<string>()
    for (const person of people) {
      const hasScreen = person.sources.some(({ source }) => source === 'screen')
      for (const source of hasScreen ? (['screen', 'camera'] as const) : (['camera'] as const)) {
        shown.add(`${person.id}/${source}`)
        this.#show(client, person, source)
      }
    }
    for (const [key, { element }] of this.#tiles) {
      if (shown.has(key)) continue
      element.remove()
      this.#tiles.delete(key)
    }
  }

  #show(client: RoomClient, person: PersonSnapshot, source: 'camera' | 'screen'): void {
    const tile = this.#tile(`${person.id}/${source}`, source)
    const own = person.id === client.personId
    const track = (kind: 'camera' | 'screen' | 'microphone' | 'screen-audio') =>
      own ? client.own(kind) : client.received(person.id, kind)
    const picture = track(source)
    const paused = person.sources.find((each) => each.source === source)?.paused ?? true
    setTrack(tile.video, paused ? undefined : picture)
    // A person's own microphone is not played back.
    setTrack(tile.audio, own ? undefined : track(source === 'camera' ? 'microphone' : 'screen-audio'))
    const muted = person.sources.find((each) => each.source === 'microphone')?.paused ?? true
    const marks = [
      source === 'screen' ? 'screen' : '',
      own ? 'you' : '',
      person.place === 'stage' ? 'on stage' : 'backstage',
      source === 'camera' && muted ? 'muted' : '',
      person.connected ? '' : 'reconnecting…',
    ].filter(Boolean)
    setText(tile.name, `${person.name} (${marks.join(', ')})`)
    setText(tile.initials, picture && !paused ? '' : initialsOf(person.name))
    tile.element.dataset.place = person.place
    tile.element.dataset.speaking = String((client.levels[person.id] ?? 0) > 0.02)
    if (!own) client.prefer(person.id, source, Math.round(tile.element.clientHeight * devicePixelRatio))
  }

  #tile(key: string, source: string): Tile {
    const known = this.#tiles.get(key)
    if (known) return known
    const video = create('video', '')
    Object.assign(video, { autoplay: true, muted: true, playsInline: true })
    const audio = create('audio', '')
    audio.autoplay = true
    const name = create('span', 'tile-name')
    const letters = create('span', 'tile-initials')
    const element = create('div', 'tile', video, audio, letters, name)
    element.dataset.source = source
    this.element.append(element)
    const tile = { element, video, audio, name, initials: letters }
    this.#tiles.set(key, tile)
    return tile
  }
}

function setTrack(element: HTMLMediaElement, track: MediaStreamTrack | undefined): void {
  const present = element.srcObject instanceof MediaStream ? element.srcObject.getTracks()[0] : undefined
  if (present !== track) element.srcObject = track ? new MediaStream([track]) : null
}
