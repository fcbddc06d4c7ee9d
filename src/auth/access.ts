import type { AccessConfig } from '../config/sections/access-config.ts'
import type { Database } from '../database/database.ts'
import { GatewayError } from '../errors.ts'
import { type ClientKey, clientKey } from '../limit/client-key.ts'
import type { Log } from '../log.ts'
import { AccessCallback, type AccessQuestion } from './access-callback.ts'
import { Audit } from './audit.ts'
import { type AccessMode, type Action, authorize, type Facts, isListed } from './authorize.ts'
import { Credentials } from './credentials.ts'
import { findPrincipal, type Shown } from './find-principal.ts'
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

/** Who wants in, with what the access callback is told. */
export type Asker = Shown & { protocol: string; userAgent: string | null }

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
  readonly #callback: AccessCallback | undefined

  private constructor(
    { mode, config, database, log, passwordCost }: AccessOptions,
    kept: { streams: StreamAccess; playTokens: PlayTokens; revocations: PlayRevocations },
  ) {
    this.mode = mode
    if (config.accessCallbackUrl !== null) {
      this.#callback = new AccessCallback({
        url: config.accessCallbackUrl,
        timeoutSeconds: config.accessCallbackSeconds,
        cacheSeconds: config.accessCallbackCacheSeconds,
        log,
      })
    }
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
  async identify(shown: Shown): Promise<Principal> {
    const found = await findPrincipal(this, shown)
    if ('principal' in found) return found.principal
    if (found.guessed) this.#refuseGuess(shown.address)
    throw found.error
  }

  /**
   * Who it is, when that one may do it: also when only the access callback allows it.
   * @throws GatewayError UNAUTHENTICATED, FORBIDDEN, TOO_MANY_REQUESTS
   */
  async admit(asker: Asker, action: Action, stream: string): Promise<Principal> {
    if (!this.#callback || (action !== 'publish' && action !== 'watch')) {
      const principal = await this.identify(asker)
      this.check(principal, action, stream)
      return principal
    }
    const found = await findPrincipal(this, asker)
    const refusal = 'error' in found ? found.error : this.#refusal(found.principal, action, stream)
    if (!refusal && 'principal' in found) return found.principal
    // Who guesses does not reach the service, either.
    this.#checkWait(asker.address)
    const { protocol, address: ip, bearer: token, userAgent } = asker
    const question: AccessQuestion = { action, stream, protocol, ip, token, userAgent }
    const decision = await this.#callback.ask(question)
    if (decision === 'allowed') {
      return { kind: 'external', id: token === null ? null : hashSecret(token), name: 'external', question }
    }
    if (decision === 'refused' && 'error' in found && found.guessed) this.#refuseGuess(ip)
    throw refusal
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

  /** Whether a stream may be watched without a token: what every playlist asks first. */
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

  /** @throws GatewayError TOO_MANY_REQUESTS when an address guesses too often: that is then no news in the log. */
  #refuseGuess(address: string): void {
    const client = clientKey(address)
    if (client === null) return
    this.#checkWait(address)
    this.addressLockouts.failed(client)
  }

  /** @throws GatewayError TOO_MANY_REQUESTS */
  #checkWait(address: string): void {
    const wait = this.#waitOf(clientKey(address))
    if (wait === 0) return
    throw new GatewayError('TOO_MANY_REQUESTS', `Too many failed attempts. Try again in ${wait} s.`)
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
      case 'external':
        // While the service is away, what goes on goes on.
        return (await this.#callback?.ask(principal.question)) === 'refused' ? undefined : principal
      default:
        return principal
    }
  }
}
