import { byId } from '../common/by-id.ts'
import { create } from '../common/create.ts'
import { setText } from '../common/set-text.ts'
import { takeFragment } from '../common/take-fragment.ts'
import { askSession, type Session, setPassword, signIn, signOut } from './session-api.ts'

const form = byId('login-form', HTMLFormElement)
const nameField = byId('login-name', HTMLInputElement)
const password = byId('login-password', HTMLInputElement)
const button = byId('login-button', HTMLButtonElement)
const problem = byId('login-problem', HTMLElement)

/** By the link that the operator gave, a password is set; the name is in it. */
const link = takeFragment('link')
if (link !== null) {
  setText(byId('login-title', HTMLElement), 'Choose a password')
  setText(button, 'Set the password')
  byId('login-hint', HTMLElement).hidden = false
  nameField.closest('label')?.setAttribute('hidden', '')
  password.minLength = 10
}
nameField.required = link === null
password.autocomplete = link === null ? 'current-password' : 'new-password'

form.addEventListener('submit', (event) => {
  event.preventDefault()
  button.disabled = true
  setText(problem, '')
  const signedIn =
    link === null ? signIn(nameField.value.trim(), password.value) : setPassword(link, password.value)
  signedIn
    .then(askSession)
    .then(show)
    .catch((error: Error) => {
      setText(problem, error.message)
      password.focus()
    })
    .finally(() => {
      button.disabled = false
    })
})
byId('login-out', HTMLButtonElement).addEventListener('click', () => {
  signOut()
    .then(() => location.reload())
    .catch((error: Error) => setText(byId('login-who', HTMLElement), error.message))
})
if (link === null) {
  askSession()
    .then((session) => session.kind !== 'anonymous' && show(session))
    .catch((error: Error) => setText(problem, error.message))
}

function show({ name, roles, operates }: Session): void {
  form.hidden = true
  byId('login-admin', HTMLElement).hidden = !operates
  byId('login-done', HTMLElement).hidden = false
  setText(byId('login-title', HTMLElement), 'Signed in')
  setText(byId('login-who', HTMLElement), `You are signed in as ${name}.`)
  const items = Object.entries(roles).map(([stream, role]) => {
    const publishes = role === 'owner' || role === 'host'
    const page = create('a', '', stream)
    page.href = `/${publishes ? 'publish' : 'watch'}/${stream}`
    return create('li', '', page, ` (${role})`)
  })
  byId('login-streams', HTMLElement).replaceChildren(...items)
}
