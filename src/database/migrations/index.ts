import type { Migration } from 'kysely/migration'
import { access } from './0001-access.ts'
import { webhooks } from './0002-webhooks.ts'

/** In the order of their names. One that was released is never changed: a later one changes what it made. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-access': access,
  '0002-webhooks': webhooks,
}
