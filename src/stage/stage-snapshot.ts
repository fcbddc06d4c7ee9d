import type { Layout } from './layout.ts'

/** Plain JSON: the websocket, the REST answers and the pages read the same. */

/** waiting: asked to come in · backstage: in the room, not in the programme · stage: in the programme. */
export type Place = 'waiting' | 'backstage' | 'stage'

/** host: may do everything · cohost: the same, except for making hosts · guest: takes part. */
export type StageRole = 'host' | 'cohost' | 'guest'

export type StageSource = 'camera' | 'microphone' | 'screen' | 'screen-audio'

export type PersonSnapshot = {
  id: string
  name: string
  role: StageRole
  place: Place
  /** False while the seat is kept for a person whose connection broke. */
  connected: boolean
  /** What the person sends; `paused` by themselves or by a host. */
  sources: { source: StageSource; paused: boolean }[]
  /** A host muted the microphone: the person can't unmute until a host asks for it. */
  muted: boolean
  /** ISO time at which the hand was raised; null: it is not. */
  handAt: string | null
  quality: PersonQuality | null
}

export type PersonQuality = {
  level: 'excellent' | 'good' | 'poor' | 'lost'
  /** A sentence for people; empty while all is well. */
  cause: string
  roundTripMs: number | null
  bitrateBps: number
}

export type ChatMessage = { id: number; personId: string; name: string; at: string; text: string }

export type ProgrammeSnapshot = {
  state: 'off' | 'starting' | 'live' | 'failed'
  /** For people; null unless it failed or was refused. */
  error: string | null
  /** Person of the active speaker. */
  speaker: string | null
}

export type StageSnapshot = {
  stream: string
  /** Counts every change; a delta carries the one that it leads to. */
  revision: number
  locked: boolean
  hasPassword: boolean
  people: PersonSnapshot[]
  layout: Layout
  banner: string
  programme: ProgrammeSnapshot
}

/** What changed: whole people, or null for one who is gone, and other members that have new values. */
export type StageDelta = {
  revision: number
  people?: Record<string, PersonSnapshot | null>
} & Partial<Pick<StageSnapshot, 'locked' | 'hasPassword' | 'layout' | 'banner' | 'programme'>>
