import { parseSettings, type Settings } from './settings.ts'

const key = 'sluice.publish'

/** The settings of the last visit. */
export function loadSettings(): Settings {
  try {
    return parseSettings(JSON.parse(localStorage.getItem(key) ?? '{}'))
  } catch (error) {
    console.warn('The remembered settings cannot be read', error)
    return parseSettings(null)
  }
}

/** Remembers the settings; a browser that forbids storage only loses the memory, nothing else. */
export function saveSettings(settings: Settings): void {
  try {
    localStorage.setItem(key, JSON.stringify(settings))
  } catch (error) {
    console.warn('The settings cannot be remembered', error)
  }
}
