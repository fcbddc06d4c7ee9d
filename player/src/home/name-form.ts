import { byId } from '../common/by-id.ts'
import { setText } from '../common/set-text.ts'
import { streamNameProblem } from '../common/stream-name.ts'

/** The form “name → publish page”: says what is wrong with a name instead of leading to a dead page. */
export function startNameForm(): void {
  const form = byId('publish-form', HTMLFormElement)
  const input = byId('stream-name', HTMLInputElement)
  const message = byId('stream-name-problem', HTMLElement)

  const show = (problem: string | null): void => {
    setText(message, problem ?? '')
    input.setAttribute('aria-invalid', String(problem !== null))
  }
  // While the person types, a message only goes away: a half-typed name is no mistake.
  input.addEventListener('input', () => {
    if (message.textContent !== '') show(streamNameProblem(input.value.trim()))
  })
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const name = input.value.trim()
    const problem = streamNameProblem(name)
    show(problem)
    if (problem === null) location.assign(`/publish/${name}`)
    else input.focus()
  })
}
