import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import {
  createRemoteJWKSet,
  decodeJwt,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
  SignJWT,
} from 'jose'
import { z } from 'zod'
import type { AccessConfig } from '../config/sections/access-config.ts'
import type { Database } from '../database/database.ts'
import { streamNamePattern } from '../stream-name.ts'
import { maxPlayTokenSeconds } from './play-revocations.ts'
import type { Principal } from './principal.ts'
import { newId } from './secret.ts'

export type Player = Extract<Principal, { kind: 'player' }>

/** `iss` and `aud` of the gateway's own tokens. */
const own = 'sluice'
const tokenType = 'play+jwt'
/** Of other issuers: public keys only, so that a key set can't be used to sign. */
const foreignAlgorithms = ['EdDSA', 'Ed25519', 'ES256', 'ES384', 'RS256', 'PS256']
/** Verified tokens that are remembered: a player shows its token several times a second. */
const maxRemembered = 20_000

const claimsSchema = z.object({
  iss: z.string(),
  sub: z.string().max(256),
  jti: z.string().min(1).max(256),
  iat: z.number(),
  exp: z.number(),
  stream: z.string().regex(streamNamePattern),
  /** Seconds since the epoch until which the holder may renew it; own tokens only. */
  renew: z.number().optional(),
})

/** The other issuer whose tokens are good. */
type Foreign = { issuer: string; audience: string; keys: JWTVerifyGetKey }

type Verified = { player: Player; renewUntilMs: number | null }

/**
 * Play tokens: JWTs (RFC 7519) that let their holder watch one stream. The gateway issues its own (HS256), and takes
 * those of one other issuer, whose keys are a JWK Set.
 */
export class PlayTokens {
  readonly #key: KeyObject
  readonly #foreign: Foreign | null
  readonly #verified = new Map<string, Verified>()

  private constructor(key: KeyObject, foreign: Foreign | null) {
    this.#key = key
    this.#foreign = foreign
  }

  static async load(
    database: Database,
    {
      playJwksUrl,
      playIssuer,
      playAudience,
    }: Pick<AccessConfig, 'playJwksUrl' | 'playIssuer' | 'playAudience'>,
  ): Promise<PlayTokens> {
    const foreign =
      playJwksUrl !== null && playIssuer !== null && playAudience !== null
        ? { issuer: playIssuer, audience: playAudience, keys: createRemoteJWKSet(new URL(playJwksUrl)) }
        : null
    return new PlayTokens(createSecretKey(await ownKey(database), 'base64url'), foreign)
  }

  /**
   * @param renewSeconds for how long, from now, its holder may have it renewed; 0: never.
   * @param id of the token that it renews: revoking that one revokes this one.
   */
  async issue({
    stream,
    subject,
    lifetimeSeconds,
    renewSeconds,
    id = newId(),
  }: {
    stream: string
    subject: string
    lifetimeSeconds: number
    renewSeconds: number
    id?: string
  }): Promise<{ token: string; id: string; expiresAt: string }> {
    const nowMs = Date.now()
    const expires = Math.floor(nowMs / 1_000) + Math.min(lifetimeSeconds, maxPlayTokenSeconds)
    const renew = renewSeconds > 0 ? { renew: Math.floor(nowMs / 1_000) + renewSeconds } : {}
    // With milliseconds, which RFC 7519 allows: a token that is issued right after a revocation is good.
    const token = await new SignJWT({ stream, iat: nowMs / 1_000, ...renew })
      .setProtectedHeader({ alg: 'HS256', typ: tokenType })
      .setIssuer(own)
      .setAudience(own)
      .setSubject(subject)
      .setJti(id)
      .setExpirationTime(expires)
      .sign(this.#key)
    return { token, id, expiresAt: new Date(expires * 1_000).toISOString() }
  }

  /** What a token says that was verified before; undefined for one that has to be verified first, or has expired. */
  known(token: string): Player | undefined {
    const player = this.#verified.get(token)?.player
    return player && player.expiresAtMs > Date.now() ? player : undefined
  }

  /** @returns undefined for what is no good token; 'expired' for one that was. */
  async verify(token: string): Promise<Player | 'expired' | undefined> {
    const verified = await this.#verify(token)
    return typeof verified === 'object' ? verified.player : verified
  }

  /** @returns a token with a new lifetime, as long as its issuer allows; undefined otherwise. */
  async renew(token: string): Promise<{ token: string; id: string; expiresAt: string } | undefined> {
    const verified = await this.#verify(token)
    if (typeof verified !== 'object' || verified.renewUntilMs === null) return undefined
    const { player, renewUntilMs } = verified
    const leftSeconds = Math.floor((renewUntilMs - Date.now()) / 1_000)
    if (leftSeconds <= 0) return undefined
    const lifetimeSeconds = Math.max(1, Math.round((player.expiresAtMs - player.issuedAtMs) / 1_000))
    return await this.issue({
      ...{ stream: player.stream, subject: player.subject, id: player.id },
      lifetimeSeconds: Math.min(lifetimeSeconds, leftSeconds),
      renewSeconds: leftSeconds,
    })
  }

  async #verify(token: string): Promise<Verified | 'expired' | undefined> {
    const known = this.#verified.get(token)
    if (known) return known.player.expiresAtMs > Date.now() ? known : 'expired'
    let payload: JWTPayload
    try {
      payload = await this.#payload(token)
    } catch (error) {
      if (error instanceof errors.JWTExpired) return 'expired'
      if (error instanceof errors.JOSEError || error instanceof TypeError) return undefined
      throw error
    }
    const { success, data } = claimsSchema.safeParse(payload)
    if (!success || data.exp - data.iat > maxPlayTokenSeconds + 1) return undefined
    const verified: Verified = {
      player: {
        ...{ kind: 'player', id: data.jti, issuer: data.iss, subject: data.sub, stream: data.stream },
        ...{ issuedAtMs: data.iat * 1_000, expiresAtMs: data.exp * 1_000 },
      },
      renewUntilMs: data.iss === own && data.renew !== undefined ? data.renew * 1_000 : null,
    }
    this.#verified.set(token, verified)
    const [oldest] = this.#verified.keys()
    if (this.#verified.size > maxRemembered && oldest !== undefined) this.#verified.delete(oldest)
    return verified
  }

  /** The issuer only chooses who checks the signature, and each of them checks the issuer. */
  async #payload(token: string): Promise<JWTPayload> {
    const requiredClaims = ['iss', 'sub', 'jti', 'iat', 'exp']
    if (this.#foreign && decodeJwt(token).iss !== own) {
      const { issuer, audience, keys } = this.#foreign
      const options = { algorithms: foreignAlgorithms, issuer, audience, requiredClaims }
      return (await jwtVerify(token, keys, options)).payload
    }
    const options = { algorithms: ['HS256'], issuer: own, audience: own, typ: tokenType, requiredClaims }
    return (await jwtVerify(token, this.#key, options)).payload
  }
}

/** Made at the first start. */
async function ownKey(database: Database): Promise<string> {
  const name = 'play-token'
  await database
    .insertInto('secrets')
    .values({ name, value: randomBytes(32).toString('base64url') })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute()
  const { value } = await database
    .selectFrom('secrets')
    .select('value')
    .where('name', '=', name)
    .executeTakeFirstOrThrow()
  return value
}
