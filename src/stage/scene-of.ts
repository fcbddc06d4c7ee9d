import type { Tile } from './layout.ts'
import type { Scene } from './mixer/scene.ts'
import type { StageSnapshot } from './stage-snapshot.ts'

/** Id of a camera with its microphone, or of a screen with its sound, as layouts and the mixer name it. */
export function inputId(personId: string, kind: Tile['kind']): string {
  return `${personId}:${kind}`
}

/**
 * What the programme shows of a stage: a tile for each person on it and one for each shared screen; heard is who is
 * on stage and not muted.
 */
export function sceneOf({
  people,
  layout,
  banner,
}: Pick<StageSnapshot, 'people' | 'layout' | 'banner'>): Scene {
  const onStage = people.filter(({ place }) => place === 'stage')
  const tiles = onStage.flatMap(({ id, name, sources }) => [
    ...(sources.some(({ source, paused }) => source === 'screen' && !paused)
      ? [{ id: inputId(id, 'screen'), kind: 'screen' as const, label: name }]
      : []),
    { id: inputId(id, 'camera'), kind: 'camera' as const, label: name },
  ])
  const gains = Object.fromEntries(
    onStage.flatMap(({ id, sources, muted }) => {
      const heard = (name: string) => sources.some(({ source, paused }) => source === name && !paused)
      return [
        [inputId(id, 'camera'), heard('microphone') && !muted ? 1 : 0],
        [inputId(id, 'screen'), heard('screen-audio') ? 1 : 0],
      ]
    }),
  )
  return { tiles, layout, gains, banner }
}
