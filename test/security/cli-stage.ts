import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { createPostRate, type PostRate } from 'post-rate'
import { type Result, runCli, workingDirectory } from '../cli/run-cli.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { testDatabase } from '../helpers/test-database.ts'

export interface CliStage {
  /** Runs a command; `env` on top of the database's URL, `file` as post-rate.config.json. */
  run: (
    argv: readonly string[],
    more?: { env?: Record<string, string>; file?: string; input?: string },
  ) => Promise<Result>
  /** On the same database. */
  postRate: PostRate
}

/** A database with one post and one rating, and a working directory. */
export async function startCliStage(t: ExecutionContext<unknown>): Promise<CliStage> {
  const [database, cwd] = [await testDatabase(t), await workingDirectory(t)]
  const postRate = createPostRate({ database })
  cleanUp(t, () => postRate.close())
  await postRate.posts.create({ title: 'One', content: 'Text', createdBy: 'author' })
  await postRate.ratings.rate({ postId: 1, userId: 'first', score: 4 })
  await postRate.start({ relay: true })
  const path = join(cwd, 'post-rate.config.json')
  return {
    postRate,
    run: async (argv, { env = {}, file, input = '' } = {}) => {
      if (file !== undefined) await writeFile(path, file, { mode: 0o600 })
      try {
        return await runCli(argv, { cwd, env: { DATABASE_URL: database, ...env }, input })
      } finally {
        await rm(path, { force: true })
      }
    },
  }
}
