import { byId } from '../common/by-id.ts'
import { setText } from '../common/set-text.ts'

const box = byId('admin-secret', HTMLElement)
const text = byId('admin-secret-text', HTMLInputElement)
const copy = byId('admin-secret-copy', HTMLButtonElement)
let before: Element | null = null

copy.addEventListener('click', () => {
  text.select()
  navigator.clipboard
    .writeText(text.value)
    .then(() => setText(copy, 'Copied'))
    // Without https there is no clipboard; the text is selected.
    .catch(() => setText(copy, 'Press Ctrl+C'))
})
byId('admin-secret-close', HTMLButtonElement).addEventListener('click', () => {
  text.value = ''
  box.hidden = true
  if (before instanceof HTMLElement) before.focus()
})

/** Shows a secret that the gateway shows only once. */
export function showSecret(what: string, secret: string): void {
  before = document.activeElement
  setText(byId('admin-secret-what', HTMLElement), what)
  setText(copy, 'Copy')
  text.value = secret
  box.hidden = false
  box.focus()
}
