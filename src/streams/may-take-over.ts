/** The principal of all who did not say who they are. */
export const anonymous = 'anonymous'

/** Who asks to publish. */
export type PublishClaim = {
  /** A stable id of the user, key or connection; `anonymous` when it is not known. */
  principal: string
  /** From an earlier publication of the same broadcast. */
  resumeToken?: string | undefined
}

/** Whose a broadcast is. */
export type BroadcastOwner = {
  principal: string
  /** Tokens that let their holder go on with it. */
  tokens: readonly string[]
}

/**
 * Whether a publisher may go on with a broadcast, in place of the publisher that it has or waits for: with a token of
 * it, or as the same principal. Two anonymous publishers are not the same one.
 * @param owner null: there is no broadcast to take over.
 */
export function mayTakeOver(claim: PublishClaim, owner: BroadcastOwner | null): boolean {
  if (owner === null) return true
  if (claim.resumeToken !== undefined && owner.tokens.includes(claim.resumeToken)) return true
  return claim.principal !== anonymous && claim.principal === owner.principal
}
