import type { z } from 'zod'
import { GatewayError } from '../../errors.ts'

/** @throws GatewayError BAD_REQUEST with everything that is wrong. The schemas' messages hold no values: no secrets. */
export function parsed<T extends z.ZodType>(schema: T, body: unknown): z.infer<T> {
  const result = schema.safeParse(body ?? {})
  if (result.success) return result.data
  const problems = result.error.issues.map(({ path, message }) =>
    [path.join('.'), message].filter(Boolean).join(': '),
  )
  throw new GatewayError('BAD_REQUEST', `${problems.join('; ')}.`)
}
