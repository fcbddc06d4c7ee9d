import { z } from 'zod'
import { visibilities } from '../../auth/authorize.ts'
import { maxPasswordCharacters, minPasswordCharacters } from '../../auth/password.ts'
import { maxPlayTokenSeconds } from '../../auth/play-revocations.ts'
import { roles, tokenScopes } from '../../auth/principal.ts'
import { streamNamePattern } from '../../stream-name.ts'

/** One line for people. */
const labelSchema = z
  .string()
  .trim()
  .max(64)
  .regex(/^[^\p{C}]*$/u, 'must be one line')
const nameSchema = labelSchema.min(1)
const newPasswordSchema = z
  .string()
  .min(minPasswordCharacters, `must have at least ${minPasswordCharacters} characters`)
  .max(maxPasswordCharacters)
const streamSchema = z.string().regex(streamNamePattern, 'must be a stream name')
const secretSchema = z.string().min(1).max(128)
const expiresAtSchema = z.iso.datetime().nullable().default(null)

export const signInSchema = z.strictObject({
  name: z.string().min(1).max(64),
  password: z.string().min(1).max(maxPasswordCharacters),
})

export const useLinkSchema = z.strictObject({ link: secretSchema, password: newPasswordSchema })

export const newUserSchema = z.strictObject({
  name: nameSchema,
  operator: z.boolean().default(false),
  /** Without one the answer has a link that sets it. */
  password: newPasswordSchema.optional(),
})

export const userChangesSchema = z.strictObject({
  operator: z.boolean().optional(),
  disabled: z.boolean().optional(),
})

export const roleSchema = z.strictObject({ role: z.enum(roles) })

export const newKeySchema = z.strictObject({
  stream: streamSchema,
  label: labelSchema.default(''),
  expiresAt: expiresAtSchema,
})

export const newTokenSchema = z.strictObject({
  label: nameSchema,
  scope: z.enum(tokenScopes),
  /** Null: all streams. */
  stream: streamSchema.nullable().default(null),
  expiresAt: expiresAtSchema,
})

export const rotationSchema = z.strictObject({
  /** How long the old one stays good. */
  overlapSeconds: z
    .int()
    .min(0)
    .max(30 * 24 * 3600)
    .default(24 * 3600),
})

export const streamAccessSchema = z.strictObject({ visibility: z.enum(visibilities) })

export const newPlayTokenSchema = z.strictObject({
  /** Whose it is: what it is revoked by. */
  subject: nameSchema.optional(),
  lifetimeSeconds: z.int().min(1).max(maxPlayTokenSeconds).default(3600),
  /** For how long from now its holder may renew it. */
  renewSeconds: z.int().min(0).max(maxPlayTokenSeconds).default(0),
})

export const revocationSchema = z.union([
  z.strictObject({ token: z.string().min(1).max(256) }),
  z.strictObject({ subject: z.string().min(1).max(256) }),
  z.strictObject({ all: z.literal(true) }),
])

export const auditQuerySchema = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  before: z.string().max(64).optional(),
})

export const keysQuerySchema = z.object({ stream: streamSchema.optional() })
