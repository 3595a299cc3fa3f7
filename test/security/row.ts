/** One bad input, what has to come of it, and how to find out what does. */
export interface Row<Stage> {
  /** Its group in the table; a group may have many rows. */
  number: number
  where: 'HTTP' | 'CLI' | 'configuration' | 'database' | 'Redis' | 'topic'
  input: string
  /** In the words of `check`. */
  expected: string
  check: (stage: Stage) => Promise<string>
}

export interface Result extends Pick<Row<never>, 'number' | 'where' | 'input' | 'expected'> {
  /** Where the row was run, for example `express 4`. */
  stage: string
  got: string
}

/** What must never be in an answer: stacks, SQL, paths, addresses, errors of drivers. */
export const leak =
  /\bat .*:\d+:\d+|node_modules|\.[jt]s\b|\/(tmp|home|root|usr|work)\/|\b(select|insert|update|delete) .*\b(from|into|set)\b|127\.0\.0\.1|localhost|ECONN|SQLSTATE|pg_|relation "|sequelize|ioredis/i

/** Runs rows one after the other; a check that throws has got its error. */
export async function runRows<Stage>(
  rows: readonly Row<Stage>[],
  stage: Stage,
  name: string,
  report: (result: Result) => void,
): Promise<void> {
  for (const { check, ...row } of rows) {
    const got = await check(stage).catch((error: unknown) => `threw ${error}`)
    report({ ...row, stage: name, got })
  }
}
