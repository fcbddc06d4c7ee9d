import type { Credential } from '../../../src/auth/credentials.ts'
import type { User } from '../../../src/auth/users.ts'
import type { StreamSnapshot } from '../../../src/streams/stream-snapshot.ts'
import { byId } from '../common/by-id.ts'
import { poll } from '../common/poll.ts'
import { setText } from '../common/set-text.ts'
import { startAddForm } from './add-form.ts'
import { ask, Refusal, send } from './ask.ts'
import { type Row, type RowAction, renderRows } from './rows.ts'
import { credentialRow, lockoutRow, type ShownWebhook, streamRow, userRow, webhookRow } from './rows-of.ts'
import { showSecret } from './secret-box.ts'

type Session = { kind: string; name: string; operates: boolean; mode: 'open' | 'required' }
type Secret = { secret: string }
type Link = { link: string }

const refreshMs = 3_000
const problem = byId('admin-problem', HTMLElement)
const parts = byId('admin-parts', HTMLElement)
const signIn = byId('admin-sign-in', HTMLElement)

const refresh = (): void => {
  showAll().catch(showProblem)
}

startAddForm('users-form', addUser, refresh)
startAddForm('keys-form', addKey, refresh)
startAddForm('tokens-form', addToken, refresh)
startAddForm('webhooks-form', addWebhook, refresh)

poll(
  async () => {
    await showAll().catch(showProblem)
    return refreshMs
  },
  { pauseWhenHidden: true },
)

async function showAll(): Promise<void> {
  const session = await ask<Session>('GET', '/api/session')
  const as = session.kind === 'anonymous' ? 'not signed in' : `signed in as ${session.name}`
  setText(byId('admin-who', HTMLElement), session.mode === 'open' ? 'open to all who reach the gateway' : as)
  signIn.hidden = session.operates
  parts.hidden = !session.operates
  problem.hidden = true
  if (!session.operates) return
  const nowMs = Date.now()
  const [{ streams }, { users }, { keys }, { tokens }, { webhooks }, { lockouts }] = await Promise.all([
    ask<{ streams: StreamSnapshot[] }>('GET', '/api/streams'),
    ask<{ users: User[] }>('GET', '/api/users'),
    ask<{ keys: Credential[] }>('GET', '/api/keys'),
    ask<{ tokens: Credential[] }>('GET', '/api/tokens'),
    ask<{ webhooks: ShownWebhook[] }>('GET', '/api/webhooks'),
    ask<{ lockouts: Parameters<typeof lockoutRow>[0][] }>('GET', '/api/lockouts'),
  ])
  show(
    'streams',
    streams.filter(({ state }) => state !== 'idle').map((stream) => streamRow(stream, nowMs)),
  )
  show(
    'users',
    users.map((user) => ({ ...userRow(user), actions: userActions(user) })),
  )
  show(
    'keys',
    keys.map((key) => ({ ...credentialRow(key, nowMs), actions: credentialActions('keys', key) })),
  )
  show(
    'tokens',
    tokens.map((token) => ({ ...credentialRow(token, nowMs), actions: credentialActions('tokens', token) })),
  )
  show(
    'webhooks',
    webhooks.map((webhook) => ({ ...webhookRow(webhook), actions: webhookActions(webhook) })),
  )
  show(
    'lockouts',
    lockouts.map((lockout) => ({
      ...lockoutRow(lockout, nowMs),
      actions: [remove('/api/lockouts', lockout.id, 'Let in', undefined)],
    })),
  )
}

function show(name: string, rows: readonly Row[]): void {
  renderRows(byId(name, HTMLUListElement), rows, refresh)
  byId(`${name}-empty`, HTMLElement).hidden = rows.length > 0
}

function showProblem(error: Error): void {
  console.warn('The gateway cannot be asked', error)
  const text = error instanceof Refusal ? error.message : 'The gateway cannot be reached.'
  setText(problem, `${text} This page tries again by itself.`)
  problem.hidden = false
}

function userActions(user: User): RowAction[] {
  const path = `/api/users/${user.id}`
  return [
    {
      label: 'New link',
      run: async () => showLink(user.name, await ask<Link>('POST', `${path}/link`)),
    },
    {
      label: user.disabled ? 'Enable' : 'Disable',
      run: () => send('PATCH', path, { disabled: !user.disabled }),
    },
    remove('/api/users', user.id, 'Remove', 'Really remove'),
  ]
}

function credentialActions(kind: 'keys' | 'tokens', { id, label, stream }: Credential): RowAction[] {
  const what = `${kind === 'keys' ? 'The new key' : 'The new token'} of ${label || stream}`
  return [
    {
      label: 'Rotate',
      run: async () => {
        const { secret } = await ask<Secret>('POST', `/api/${kind}/${id}/rotate`, {})
        showSecret(`${what}. The old one stays good for a day.`, secret)
      },
    },
    remove(`/api/${kind}`, id, 'Revoke', 'Really revoke'),
  ]
}

function webhookActions({ id, enabled, url, deliveries }: ShownWebhook): RowAction[] {
  const path = `/api/webhooks/${id}`
  const again: RowAction = {
    label: 'Send failed ones again',
    run: () => send('POST', `${path}/replay`, { failedSince: new Date(0).toISOString() }),
  }
  return [
    { label: enabled ? 'Disable' : 'Enable', run: () => send('PATCH', path, { enabled: !enabled }) },
    ...(enabled && deliveries.failed > 0 ? [again] : []),
    {
      label: 'Rotate',
      run: async () => {
        const { secret } = await ask<Secret>('POST', `${path}/rotate`, {})
        showSecret(`The new secret of ${url}. For a day, the old one signs as well.`, secret)
      },
    },
    remove('/api/webhooks', id, 'Remove', 'Really remove'),
  ]
}

function remove(path: string, id: string, label: string, sure: string | undefined): RowAction {
  const run = (): Promise<unknown> => send('DELETE', `${path}/${encodeURIComponent(id)}`)
  return { label, run, ...(sure !== undefined && { sure }) }
}

async function addUser(field: (name: string) => string | null): Promise<void> {
  const name = field('name') ?? ''
  const [stream, role] = [field('stream'), field('role')]
  const operator = role === 'operator'
  if (!operator && stream === null) throw new Error('Say on which stream, or make an operator.')
  const { id, link } = await ask<User & Link>('POST', '/api/users', { name, operator })
  // The link first: it is shown only once, and the role can be set again.
  showLink(name, { link })
  if (!operator && stream !== null) await send('PUT', `/api/users/${id}/roles/${stream}`, { role })
}

function showLink(name: string, { link }: Link): void {
  showSecret(`The link by which ${name} sets a password`, new URL(link, location.href).href)
}

async function addKey(field: (name: string) => string | null): Promise<void> {
  const stream = field('stream') ?? ''
  const body = { stream, label: field('label') ?? '' }
  const { secret } = await ask<Secret>('POST', '/api/keys', body)
  showSecret(`The key of ${stream}. Its publish link is /publish/${stream}#key=KEY`, secret)
}

async function addToken(field: (name: string) => string | null): Promise<void> {
  const body = { label: field('label'), scope: field('scope'), stream: field('stream') }
  const { secret } = await ask<Secret>('POST', '/api/tokens', body)
  showSecret(`The token ${body.label}`, secret)
}

async function addWebhook(field: (name: string) => string | null): Promise<void> {
  const url = field('url') ?? ''
  const body = { url, stream: field('stream'), events: field('events')?.split(' ') ?? [] }
  const { secret } = await ask<Secret>('POST', '/api/webhooks', body)
  showSecret(`The secret of ${url}, which verifies its messages`, secret)
}
