import type { Migration } from '../migration.ts'
import { ratings } from './0001-ratings.ts'
import { exclusions } from './0002-exclusions.ts'
import { emptyUpdates } from './0003-empty-updates.ts'
import { guard } from './0004-guard.ts'
import { auditLog } from './0005-audit-log.ts'
import { deletions } from './0006-deletions.ts'
import { withdrawals } from './0007-withdrawals.ts'
import { backgroundAudit } from './0008-background-audit.ts'
import { guardMargin } from './0009-guard-margin.ts'
import { excludedUsers } from './0010-excluded-users.ts'
import { incidents } from './0011-incidents.ts'
import { publishExclusions } from './0012-publish-exclusions.ts'
import { quarantine } from './0013-quarantine.ts'

/** Every migration in its order. To change the schema, append one. */
export const migrations: readonly Migration[] = [
  ratings,
  exclusions,
  emptyUpdates,
  guard,
  auditLog,
  deletions,
  withdrawals,
  backgroundAudit,
  guardMargin,
  excludedUsers,
  incidents,
  publishExclusions,
  quarantine,
]
