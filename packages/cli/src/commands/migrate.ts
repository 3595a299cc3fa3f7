import type { MigrateOptions, MigrationStatus, PostRate } from 'post-rate'
import { displayOf } from '../configuration.ts'
import type { Context } from '../context.ts'
import { exitCodes } from '../exit-code.ts'
import { table } from '../table.ts'

/** Applies what is pending; a new deployment gets its settings from the configuration. */
export async function migrateUp(context: Context): Promise<number> {
  const { posts, dryRun } = context.flags as Pick<MigrateOptions, 'posts'> & { dryRun?: boolean }
  if (dryRun === true) return showPending(context)
  const postRate = await context.open({ create: true, check: false })
  const applied = await migrateDatabase(context, postRate, posts === undefined ? {} : { posts })
  if (context.talk.json) await context.talk.document(applied)
  else if (applied.length === 0) await context.talk.line('The schema is up to date.')
  else for (const { version, name } of applied) await context.talk.line(`Applied ${version} ${name}`)
  return exitCodes.done
}

async function showPending(context: Context): Promise<number> {
  const postRate = await context.open({ check: false })
  const pending = (await postRate.schema.status()).filter(({ appliedAt }) => appliedAt === null)
  if (context.talk.json) await context.talk.document(pending)
  else if (pending.length === 0) await context.talk.line('The schema is up to date.')
  else for (const { version, name } of pending) await context.talk.line(`Would apply ${version} ${name}`)
  return exitCodes.done
}

export async function migrateStatus(context: Context): Promise<number> {
  const postRate = await context.open({ check: false })
  const migrations = await postRate.schema.status()
  if (context.talk.json) await context.talk.document(migrations)
  else {
    const rows = migrations.map(({ version, name, appliedAt }) => [String(version), name, appliedAt ?? 'pending'])
    const columns = [{ title: 'VERSION', align: 'right' as const }, { title: 'NAME' }, { title: 'APPLIED' }]
    for (const line of table(columns, rows, context.talk.columns)) await context.talk.line(line)
  }
  return exitCodes.done
}

/** `windowSeconds`: of a new deployment that is not configured. Migrates, then makes sure that this process and the deployment agree about the settings. */
export async function migrateDatabase(
  context: Context,
  postRate: PostRate,
  options: Pick<MigrateOptions, 'posts'> & { windowSeconds?: number } = {},
): Promise<MigrationStatus[]> {
  const { windowSeconds, posts } = options
  const settings = {
    ...(windowSeconds === undefined ? {} : { windowSeconds }),
    ...displayOf(await context.configuration()),
  }
  const applied = await postRate.migrate({ settings, ...(posts === undefined ? {} : { posts }) })
  await context.start(postRate)
  return applied
}
