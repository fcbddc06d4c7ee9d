import { describe, expect, test } from 'vitest'
import { TargetHistory } from '../../../src/push/target-history.ts'
import type { TargetState } from '../../../src/push/target-snapshot.ts'
import type { StreamChange } from '../../../src/streams/stream-parts.ts'
import { streamEvent, targetEvent } from '../../../src/webhooks/stream-events.ts'

const at = '2026-01-01T12:00:00.000Z'

function change(from: StreamChange['from'], to: StreamChange['to'], liveSince: string | null = at) {
  return streamEvent({ stream: 'show', from, to, reason: 'because', at, liveSince })
}

describe('events of a stream', () => {
  test('are live, interrupted, live again and ended', () => {
    expect(change('starting', 'live')).toEqual({
      ...{ type: 'stream.live', stream: 'show', at },
      facts: { reason: 'because', liveSince: at, resumed: false },
    })
    expect(change('live', 'interrupted')?.type).toBe('stream.interrupted')
    expect(change('interrupted', 'live')).toMatchObject({ type: 'stream.live', facts: { resumed: true } })
    expect(change('interrupted', 'idle')?.type).toBe('stream.ended')
  })

  test('are none of a publisher who never was live', () => {
    expect(change('idle', 'starting', null)).toBeNull()
    expect(change('starting', 'idle', null)).toBeNull()
    expect(change('idle', 'starting')).toBeNull()
  })
})

describe('events of a target', () => {
  function eventsOf(...states: TargetState[]): string[] {
    const events: string[] = []
    const history = new TargetHistory((next, before) => {
      const event = targetEvent({ stream: 'show', target: 'YouTube', before, change: next })
      if (event) events.push(`${next.state}: ${event.type} ${event.facts.target}`)
    })
    for (const state of states) history.add({ at, state, reason: '', errorClass: null })
    return events
  }

  test('say that it is live, and once that it failed', () => {
    expect(eventsOf('waiting', 'connecting', 'live', 'stalled', 'live')).toEqual([
      'live: target.live YouTube',
    ])
    expect(
      eventsOf(
        'connecting',
        'retrying',
        'connecting',
        'retrying',
        'connecting',
        'refused',
        'connecting',
        'live',
      ),
    ).toEqual(['retrying: target.failed YouTube', 'live: target.live YouTube'])
  })

  test('begin anew with each broadcast', () => {
    expect(eventsOf('live', 'stopped', 'waiting', 'connecting', 'live')).toHaveLength(2)
    expect(eventsOf('retrying', 'stopped', 'connecting', 'retrying')).toHaveLength(2)
  })

  test('are still told once after more failures than the history holds', () => {
    const failing = Array.from({ length: 100 }, (): TargetState[] => ['connecting', 'retrying']).flat()
    expect(eventsOf(...failing)).toHaveLength(1)
  })
})
