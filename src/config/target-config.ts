import { z } from 'zod'
import { ingestUrls, targetKinds } from './target-kinds.ts'

/** RTMP targets per stream, from the configuration and the API together; also what the API adds per stream. */
export const maxTargetsPerStream = 20

/** The name is also the target's place in URLs and on the page: one line, no slash. */
const nameSchema = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[^\p{Cc}/]+$/u, 'must be one line without "/"')
  .refine((name) => name.trim() === name, 'must not begin or end with a space')

const urlSchema = z
  .string()
  .max(1024)
  .regex(/^rtmps?:\/\/[^\s/]+\/\S*$/, 'must look like rtmp://host/app or rtmps://host/app')
  .refine(hasHostAndPort, 'has a host or port that can not be')

/** What is entered now: a push fails where a saved address holds a login. */
const enteredUrlSchema = urlSchema.refine(hasNoLogin, 'must not hold a user name and a password')

const keySchema = z.string().max(1024).regex(/^\S*$/, 'must not hold spaces')

const fields = {
  /** What the publish page and the API call it. */
  name: nameSchema,
  kind: z.enum(targetKinds).default('rtmp'),
  /** `rtmp://host[:port]/app` or `rtmps://…`; the key is kept apart. Platforms have one of their own. */
  url: enteredUrlSchema.optional(),
  /** Stream key. `{stream}` in it or in the URL becomes the stream's name. */
  key: keySchema.default(''),
  /** Whether it is pushed to while its stream is live. */
  enabled: z.boolean().default(true),
}

/** A target as the configuration and the API take it. */
export const targetInputSchema = z.strictObject(fields)

/** The same with its address. */
export const targetSchema = targetInputSchema.transform((input, context) => {
  const url = input.url ?? ingestUrls[input.kind]
  if (url !== null) return { ...input, url }
  context.addIssue({ code: 'custom', path: ['url'], message: 'is missing: where should the stream go?' })
  return z.NEVER
})

/** A target as it was saved. */
export const savedTargetSchema = z.strictObject({ ...fields, url: urlSchema })

export type TargetConfig = Readonly<z.infer<typeof targetSchema>>

/** What may be changed of a target. An address of `null`: the platform's own. */
export const targetChangesSchema = z.strictObject({
  kind: z.enum(targetKinds).optional(),
  url: enteredUrlSchema.nullable().optional(),
  key: keySchema.optional(),
  enabled: z.boolean().optional(),
})

export type TargetChanges = z.infer<typeof targetChangesSchema>

function hasHostAndPort(url: string): boolean {
  // Braces can't stand in a host; a stream's name can.
  const filled = url.replaceAll('{stream}', 'stream')
  return URL.canParse(filled) && new URL(filled).hostname !== ''
}

function hasNoLogin(url: string): boolean {
  return !/^[a-z]+:\/\/[^/?#]*@/.test(url)
}
