import type { AccessConfig } from '../config/sections/access-config.ts'
import type { Database } from '../database/database.ts'
import { GatewayError } from '../errors.ts'
import { type ClientKey, clientKey } from '../limit/client-key.ts'
import type { Log } from '../log.ts'
import { Audit } from './audit.ts'
import { type AccessMode, type Action, authorize, type Facts, isListed } from './authorize.ts'
import { Credentials } from './credentials.ts'
import { HeldGrants } from './held-grants.ts'
import { Lockouts } from './lockouts.ts'
import type { PasswordCost } from './password.ts'
import { PlayRevocations } from './play-revocations.ts'
import { PlayTokens } from './play-tokens.ts'
import { anonymous, type Principal } from './principal.ts'
import { hashSecret } from './secret.ts'
import { Sessions } from './sessions.ts'
import { StreamAccess } from './stream-access.ts'
import { principalOfUser, type User, Users } from './users.ts'

/** What came along with a request. */
export type Shown = {
  /** Publish key, API token or play token. */
  bearer: string | null
  /** Value of the session's cookie. */
  session: string | null
  /** IP address it came from. */
  address: string
}

export type AccessOptions = {
  mode: AccessMode
  config: AccessConfig
  database: Database
  log: Log
  /** For tests: what makes passwords hard to guess makes tests slow. */
  passwordCost?: PasswordCost
}

/** Failed attempts at one account come from anywhere: its owner must get in soon. */
const accountRule = { free: 10, firstSeconds: 2, longestSeconds: 60 }
const addressRule = { free: 20, firstSeconds: 10, longestSeconds: 15 * 60 }

/** Who is who, and who may do what: the one that every door asks. */
export class Access {
  readonly mode: AccessMode
  readonly users: Users
  readonly sessions: Sessions
  readonly credentials: Credentials
  readonly streams: StreamAccess
  readonly playTokens: PlayTokens
  readonly revocations: PlayRevocations
  readonly audit: Audit
  /** What was granted and goes on. */
  readonly held: HeldGrants
  readonly accountLockouts = new Lockouts(accountRule)
  readonly addressLockouts = new Lockouts(addressRule)

  private constructor(
    { mode, config, database, log, passwordCost }: AccessOptions,
    kept: { streams: StreamAccess; playTokens: PlayTokens; revocations: PlayRevocations },
  ) {
    this.mode = mode
    this.users = new Users(database, passwordCost)
    this.sessions = new Sessions(database, this.users)
    this.credentials = new Credentials(database)
    this.audit = new Audit(database, log)
    this.streams = kept.streams
    this.playTokens = kept.playTokens
    this.revocations = kept.revocations
    this.held = new HeldGrants({
      recheck: (principal, action, stream) => this.#recheck(principal, action, stream),
      limits: { publish: config.maxPublicationsPerPrincipal, watch: config.maxViewersPerPrincipal },
      log,
    })
  }

  static async load(options: AccessOptions): Promise<Access> {
    const { database, config } = options
    const [streams, playTokens, revocations] = await Promise.all([
      StreamAccess.load(database, config.defaultVisibility),
      PlayTokens.load(database, config),
      PlayRevocations.load(database),
    ])
    return new Access(options, { streams, playTokens, revocations })
  }

  /**
   * Who it is. A credential that is none is refused, not ignored; a session that ended is like none.
   * @throws GatewayError UNAUTHENTICATED, TOO_MANY_REQUESTS
   */
  async identify({ bearer, session, address }: Shown): Promise<Principal> {
    if (bearer !== null) {
      const principal = await this.#ofBearer(bearer)
      if (principal !== 'expired' && principal !== undefined) return principal
      // Before there are keys, WHIP clients send any token: it tells only who comes back.
      if (this.mode === 'open') return { kind: 'anonymous', id: hashSecret(bearer) }
      if (principal === 'expired') throw new GatewayError('UNAUTHENTICATED', 'The token has expired.')
      this.#refuseGuess(address)
      throw new GatewayError('UNAUTHENTICATED', 'The key or token is not known, or was revoked.')
    }
    const user = session === null ? undefined : await this.sessions.find(session)
    return user ? principalOfUser(user) : anonymous
  }

  /** @throws GatewayError UNAUTHENTICATED, FORBIDDEN */
  check(principal: Principal, action: Action, stream: string | null): void {
    const refusal = this.#refusal(principal, action, stream)
    if (refusal) throw refusal
  }

  allows(principal: Principal, action: Action, stream: string | null): boolean {
    return this.#refusal(principal, action, stream) === undefined
  }

  /** Whether a stream is in the lists that this principal gets. */
  lists(principal: Principal, stream: string): boolean {
    return isListed(principal, stream, this.#facts(stream))
  }

  /**
   * Whether a stream may be watched without a token: what every playlist asks first.
   */
  watchableByAll(stream: string): boolean {
    return this.mode === 'open' || this.streams.get(stream) !== 'private'
  }

  /**
   * Signs in. Wrong names and wrong passwords take the same time, and have the same answer.
   * @throws GatewayError UNAUTHENTICATED, TOO_MANY_REQUESTS
   */
  async signIn(name: string, password: string, address: string): Promise<{ user: User; session: string }> {
    const client = clientKey(address)
    const wait = Math.max(this.accountLockouts.waitSeconds(name), this.#waitOf(client))
    if (wait > 0) {
      throw new GatewayError('TOO_MANY_REQUESTS', `Too many failed attempts. Try again in ${wait} s.`)
    }
    const user = await this.users.signIn(name, password)
    if (!user) {
      this.accountLockouts.failed(name)
      if (client !== null) this.addressLockouts.failed(client)
      await this.audit.record(anonymous, address, 'sign-in-failed', null, { name })
      throw new GatewayError('UNAUTHENTICATED', 'The name or the password is wrong.')
    }
    this.accountLockouts.forget(name)
    if (client !== null) this.addressLockouts.forget(client)
    await this.audit.record(principalOfUser(user), address, 'sign-in')
    return { user, session: await this.sessions.begin(user.id) }
  }

  /**
   * Sets the password by a link that works once, and signs in.
   * @throws GatewayError UNAUTHENTICATED, TOO_MANY_REQUESTS
   */
  async useLink(link: string, password: string, address: string): Promise<{ user: User; session: string }> {
    const user = await this.users.useLink(link, password)
    if (!user || user.disabled) {
      this.#refuseGuess(address)
      throw new GatewayError('UNAUTHENTICATED', 'The link was used already, or has expired.')
    }
    await this.audit.record(principalOfUser(user), address, 'password-set')
    return { user, session: await this.sessions.begin(user.id) }
  }

  close(): void {
    this.held.close()
  }

  #facts(stream: string | null): Facts {
    return { mode: this.mode, visibility: stream === null ? 'private' : this.streams.get(stream) }
  }

  #refusal(principal: Principal, action: Action, stream: string | null): GatewayError | undefined {
    if (principal.kind === 'player' && this.mode === 'required') {
      if (principal.expiresAtMs <= Date.now())
        return new GatewayError('UNAUTHENTICATED', 'The token has expired.')
      if (this.revocations.has(principal))
        return new GatewayError('UNAUTHENTICATED', 'The token was revoked.')
    }
    const decision = authorize(principal, action, stream, this.#facts(stream))
    if (decision === 'allowed') return undefined
    const of = stream === null ? '' : ` the stream "${stream}"`
    return decision === 'UNAUTHENTICATED'
      ? new GatewayError('UNAUTHENTICATED', `To ${action}${of}, sign in or show a key or token.`)
      : new GatewayError('FORBIDDEN', `This user, key or token may not ${action}${of}.`)
  }

  async #ofBearer(bearer: string): Promise<Principal | 'expired' | undefined> {
    // A JWT has two dots, our own secrets have none.
    if (bearer.includes('.')) return await this.playTokens.verify(bearer)
    return await this.credentials.find(bearer)
  }

  /** @throws GatewayError TOO_MANY_REQUESTS when an address guesses too often: that is then no news in the log. */
  #refuseGuess(address: string): void {
    const client = clientKey(address)
    if (client === null) return
    const wait = this.#waitOf(client)
    if (wait === 0) this.addressLockouts.failed(client)
    else throw new GatewayError('TOO_MANY_REQUESTS', `Too many failed attempts. Try again in ${wait} s.`)
  }

  /** Of this machine, behind which all may be, only accounts are locked. */
  #waitOf(client: ClientKey): number {
    return client === null ? 0 : this.addressLockouts.waitSeconds(client)
  }

  async #recheck(principal: Principal, action: Action, stream: string): Promise<GatewayError | undefined> {
    if (this.mode === 'open') return undefined
    const now = await this.#asOfNow(principal)
    if (!now) return new GatewayError('UNAUTHENTICATED', 'The key, token or user was revoked or has expired.')
    return this.#refusal(now, action, stream)
  }

  /** The same principal with what it may do now. */
  async #asOfNow(principal: Principal): Promise<Principal | undefined> {
    switch (principal.kind) {
      case 'operator':
      case 'user': {
        const user = await this.users.find(principal.id)
        return user && !user.disabled ? principalOfUser(user) : undefined
      }
      case 'key':
      case 'token':
        return await this.credentials.findById(principal.id)
      default:
        return principal
    }
  }
}
