export type KeyAction = 'playPause' | 'mute' | 'fullscreen' | 'live'

const actions: Record<string, KeyAction> = {
  ' ': 'playPause',
  k: 'playPause',
  m: 'mute',
  f: 'fullscreen',
  l: 'live',
}

/** What a key does; null for keys that belong to the browser, or to the control that has the focus. */
export function keyAction(event: {
  key: string
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
  onControl: boolean
}): KeyAction | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null
  // The space bar presses the focused button.
  if (event.key === ' ' && event.onControl) return null
  return actions[event.key.toLowerCase()] ?? null
}
