import type { Access } from './access.ts'

const linkSeconds = 24 * 3600
const operatorName = 'operator'

/**
 * Where the operator sets a password: for a gateway that asks for one and has no operator yet.
 * @param again also when there is one, who lost the password.
 * @returns path with the secret in its fragment; null when none is needed.
 */
export async function operatorLink({ mode, users }: Access, again: boolean): Promise<string | null> {
  if (!again && (mode === 'open' || (await users.hasOperator()))) return null
  const { id } =
    (await users.findByName(operatorName)) ?? (await users.create({ name: operatorName, operator: true }))
  await users.update(id, { operator: true, disabled: false })
  const { secret } = await users.newLink(id, linkSeconds)
  return `/login#link=${secret}`
}
