import { byId } from '../common/by-id.ts'
import { setText } from '../common/set-text.ts'

/** The text of a form's field; null when it is empty. */
export type Fields = (name: string) => string | null

/** Sends a form that adds something, and empties it when that worked. */
export function startAddForm(id: string, send: (field: Fields) => Promise<void>, onDone: () => void): void {
  const form = byId(id, HTMLFormElement)
  const problem = form.querySelector('.problem')
  const button = form.querySelector('button')
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const data = new FormData(form)
    if (button) button.disabled = true
    if (problem) setText(problem, '')
    send((name) => {
      const text = String(data.get(name) ?? '').trim()
      return text === '' ? null : text
    })
      .then(() => {
        form.reset()
        onDone()
      })
      .catch((error: Error) => problem && setText(problem, error.message))
      .finally(() => {
        if (button) button.disabled = false
      })
  })
}
