import type { FastifyInstance } from 'fastify'
import type { Access } from '../../auth/access.ts'
import type { User } from '../../auth/users.ts'
import { GatewayError } from '../../errors.ts'
import { checkName } from '../../streams/registry.ts'
import { parsed } from './parsed.ts'
import { newUserSchema, roleSchema, userChangesSchema } from './schemas.ts'

type OfUser = { Params: { user: string } }
type OfRole = { Params: { user: string; stream: string } }

/** Long enough to reach a person by mail. */
const linkSeconds = 7 * 24 * 3600

/** `/api/users`: people, their roles on streams, and the links by which they set their passwords. */
export function registerUsersApi(server: FastifyInstance, access: Access): void {
  const { users } = access
  server.get('/api/users', async () => ({ users: await users.list() }))
  server.post('/api/users', async (request, reply) => {
    const { name, operator, password } = parsed(newUserSchema, request.body)
    const user = await users.create({ name, operator })
    reply.code(201).header('location', `/api/users/${user.id}`)
    if (password === undefined) return { ...user, ...(await newLink(user)) }
    await users.setPassword(user.id, password)
    return await users.get(user.id)
  })
  server.get<OfUser>('/api/users/:user', async ({ params }) => await users.get(params.user))
  server.patch<OfUser>('/api/users/:user', async ({ params, body }) => {
    const changes = parsed(userChangesSchema, body)
    const user = await users.get(params.user)
    if (changes.disabled === true || changes.operator === false) await checkNotLast(user)
    await users.update(user.id, {
      ...(changes.operator !== undefined && { operator: changes.operator }),
      ...(changes.disabled !== undefined && { disabled: changes.disabled }),
    })
    await access.held.recheck()
    return await users.get(user.id)
  })
  server.delete<OfUser>('/api/users/:user', async ({ params }, reply) => {
    const user = await users.get(params.user)
    await checkNotLast(user)
    await users.remove(user.id)
    await access.held.recheck()
    return reply.code(204).send()
  })
  server.post<OfUser>(
    '/api/users/:user/link',
    async ({ params }) => await newLink(await users.get(params.user)),
  )
  server.put<OfRole>('/api/users/:user/roles/:stream', async ({ params, body }) => {
    const { role } = parsed(roleSchema, body)
    const { id } = await users.get(params.user)
    await users.setRole(id, checkName(params.stream), role)
    await access.held.recheck()
    return await users.get(id)
  })
  server.delete<OfRole>('/api/users/:user/roles/:stream', async ({ params }, reply) => {
    const { id } = await users.get(params.user)
    await users.setRole(id, checkName(params.stream), null)
    await access.held.recheck()
    return reply.code(204).send()
  })

  async function newLink({ id }: User): Promise<{ link: string; linkExpiresAt: string }> {
    const { secret, expiresAt } = await users.newLink(id, linkSeconds)
    // In the fragment: it is in no log and no Referer.
    return { link: `/login#link=${secret}`, linkExpiresAt: expiresAt }
  }

  /** @throws GatewayError WRONG_STATE */
  async function checkNotLast(user: User): Promise<void> {
    const operators = (await users.list()).filter(
      (each) => each.operator && !each.disabled && each.hasPassword,
    )
    if (operators.every(({ id }) => id === user.id) && operators.length > 0) {
      throw new GatewayError(
        'WRONG_STATE',
        'This is the last operator who can sign in. Make another one first.',
      )
    }
  }
}
