import type { StreamSnapshot } from '../../../src/streams/stream-snapshot.ts'
import { create } from '../common/create.ts'
import { qualityText } from '../common/quality-text.ts'
import { setText } from '../common/set-text.ts'
import { streamSinceText, streamStateName } from '../common/stream-state-text.ts'

function row(name: string): HTMLLIElement {
  const link = create('a', 'stream-link', name)
  link.href = `/watch/${name}`
  const item = create('li', 'stream', create('span', 'badge'), link, create('span', 'stream-facts'))
  item.dataset.name = name
  return item
}

/** Brings the list in line with the streams, keeping rows that stay so that keyboard focus is not lost. */
export function renderStreams(list: HTMLUListElement, streams: StreamSnapshot[], nowMs: number): void {
  const rows = new Map<string, HTMLLIElement>()
  for (const item of list.querySelectorAll('li')) rows.set(item.dataset.name ?? '', item)
  const sorted = streams.toSorted((a, b) => a.name.localeCompare(b.name))
  for (const [name, item] of rows) if (!sorted.some((stream) => stream.name === name)) item.remove()

  for (const [index, stream] of sorted.entries()) {
    const item = rows.get(stream.name) ?? row(stream.name)
    if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null)
    item.dataset.state = stream.state
    const [badge, , facts] = item.children
    if (badge) setText(badge, streamStateName(stream.state))
    if (badge instanceof HTMLElement) badge.dataset.state = stream.state
    const feed = stream.feed
    const texts = [streamSinceText(stream, nowMs), feed ? qualityText(feed) : '']
    if (facts) setText(facts, texts.filter((text) => text !== '').join(' · '))
  }
}
