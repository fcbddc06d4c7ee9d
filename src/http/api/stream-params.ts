import { z } from 'zod'
import { streamNamePattern } from '../../stream-name.ts'

/**
 * Documents a stream's name in a path. `checkName` refuses a wrong one, with a code of its own, so that all doors of the
 * gateway do it alike.
 */
export const streamParamsSchema = z.object({
  stream: z.string().meta({ description: "The stream's name.", pattern: streamNamePattern.source }),
})
