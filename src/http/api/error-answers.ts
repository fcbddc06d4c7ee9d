import { z } from 'zod'
import { type ErrorCode, errorCodes } from '../../errors.ts'

/** What every refusal of the API looks like. */
export const errorAnswerSchema = z
  .object({
    error: z.object({
      // Not only the codes that a route lists: any of its answers may also be about the request as such.
      code: z.enum(Object.keys(errorCodes)),
      message: z.string().describe('For people.'),
    }),
  })
  .meta({ id: 'Error' })

/** @returns the answers of a route that refuses with these codes, by status, for its `schema.response`. */
export function errorAnswers(...codes: ErrorCode[]) {
  const statuses = [...new Set(codes.map((code) => errorCodes[code].status))]
  const answers = statuses.map((status) => {
    const names = codes.filter((code) => errorCodes[code].status === status)
    const content = { 'application/json': { schema: errorAnswerSchema } }
    return [status, { description: names.join(', '), content }] as const
  })
  return Object.fromEntries(answers)
}

/** An answer without a body, for `schema.response`. */
export const noContent = { 204: z.null().describe('Done.') }
