/**
 * The tables as the queries see them. Only what SQLite and PostgreSQL both have: times are ISO 8601 in UTC, which
 * sorts as text; yes and no are 1 and 0; lists and records are JSON.
 */
export type Schema = {
  users: UserRow
  user_roles: UserRoleRow
  user_links: UserLinkRow
  sessions: SessionRow
  credentials: CredentialRow
  stream_access: StreamAccessRow
  play_revocations: PlayRevocationRow
  audit: AuditRow
  targets: TargetRow
  target_switches: TargetSwitchRow
  secrets: SecretRow
  webhooks: WebhookRow
  webhook_messages: WebhookMessageRow
  webhook_deliveries: WebhookDeliveryRow
}

export type UserRow = {
  id: string
  name: string
  /** See `auth/password.ts`; null until its link is used. */
  password_hash: string | null
  operator: number
  disabled: number
  created_at: string
}

export type UserRoleRow = { user_id: string; stream: string; role: string }

/** A link by which a user sets a password: works once. */
export type UserLinkRow = { hash: string; user_id: string; expires_at: string }

export type SessionRow = { hash: string; user_id: string; created_at: string; expires_at: string }

/** A secret that stands for itself: a publish key or an API token. */
export type CredentialRow = {
  id: string
  hash: string
  kind: string
  /** Null: all streams. */
  stream: string | null
  /** Of an API token; empty for a key. */
  scope: string
  label: string
  created_at: string
  expires_at: string | null
  used_at: string | null
}

export type StreamAccessRow = { stream: string; visibility: string }

/** What of a stream's play tokens is not good any more. */
export type PlayRevocationRow = {
  id: string
  stream: string
  kind: string
  value: string
  /** Tokens issued later are good. */
  revoked_at: string
  /** When none of them could be good anyway. */
  expires_at: string
}

export type AuditRow = {
  /** Sorts by time. */
  id: string
  at: string
  principal: string
  principal_name: string
  address: string
  action: string
  stream: string | null
  detail: string
}

export type TargetRow = {
  stream: string
  position: number
  name: string
  kind: string
  url: string
  key: string
  enabled: number
}

export type TargetSwitchRow = { stream: string; name: string; enabled: number }

/** Keys of the gateway's own, which it made itself. */
export type SecretRow = { name: string; value: string }

export type WebhookRow = {
  id: string
  url: string
  label: string
  /** JSON list of event types; an empty one means all. */
  events: string
  /** Null: all streams. */
  stream: string | null
  /** JSON list: the secrets that messages are signed with. */
  secrets: string
  enabled: number
  /** Why the gateway disabled it; null when it did not. */
  disabled_reason: string | null
  created_at: string
}

/** What happened, once for all webhooks that get it. */
export type WebhookMessageRow = {
  /** Order in which it happened, never used twice. */
  sequence: number
  /** The header `webhook-id`. */
  id: string
  type: string
  stream: string
  at: string
  /** As it is sent and signed. */
  body: string
}

/** One message for one webhook. */
export type WebhookDeliveryRow = {
  webhook_id: string
  sequence: number
  stream: string
  /** waiting · delivered · failed. */
  state: string
  attempts: number
  /** Of a waiting one. */
  next_at: string | null
  /** Of the last answer. */
  status: number | null
  /** Of the last attempt, for people. */
  error: string | null
  done_at: string | null
}
