import { parseArgs } from 'node:util'
import pg from 'pg'
import { createPostRate } from 'post-rate'
import { acquire, release } from '../helpers/services/services.ts'
import { Violation } from './explore.ts'
import { exploreScenario, type Figures, type How } from './postgres/explore-scenario.ts'
import { pairs, type Scenario, triples } from './postgres/scenarios.ts'
import { World } from './postgres/world.ts'
import { seed } from './seed.ts'

const usage = `usage: npm run interleavings [-- OPTIONS]
  --only=PATTERN       the scenarios of this name; * stands for anything
  --crashes            one connection is lost in each run, at any statement: these runs in place of the others
  --limit=N            at most N interleavings of a scenario (default 3000, with lost connections 100); 50 random ones follow
  --scenario=NAME --schedule=STEPS   one schedule again, as a failure names it`

/** Takes every interleaving of every scenario, with and without lost connections, and prints one table. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      crashes: { type: 'boolean' },
      limit: { type: 'string' },
      scenario: { type: 'string' },
      schedule: { type: 'string' },
      help: { type: 'boolean' },
    },
  })
  if (values.help) {
    console.log(usage)
    return 0
  }
  const all = [...pairs, ...triples]
  const pattern = new RegExp(`^${(values.only ?? '*').replace(/[^*\w ]/g, '.').replaceAll('*', '.*')}$`, 'i')
  const scenarios = all.filter(({ name }) => (values.scenario ? name === values.scenario : pattern.test(name)))
  if (scenarios.length === 0) throw new Error(`There is no such scenario.\n${all.map(({ name }) => name).join('\n')}`)
  const manner = (crashes: boolean): How => ({
    crashes,
    limit: Number(values.limit ?? (crashes ? 100 : 3_000)),
    ...(values.schedule ? { schedule: values.schedule.split(',') } : {}),
  })
  const manners = [manner(values.crashes ?? false)]
  if (!values.schedule && !values.crashes && !values.only) manners.push(manner(true))
  return withWorld(async (world) => {
    let wrong = 0
    console.log(`seed ${seed} (INTERLEAVINGS_SEED)\n`)
    console.log(line(['scenario', 'statements', 'interleavings', 'alike', 'waited', 'lost conn.', 'violations', 's']))
    for (const manner of manners) for (const scenario of scenarios) wrong += await row(world, scenario, manner)
    console.log(`\n${wrong} violations`)
    return wrong > 0 ? 1 : 0
  })
}

async function row(world: World, scenario: Scenario, how: How): Promise<number> {
  const began = performance.now()
  let explored: Figures | null = null
  let violation: Violation | null = null
  try {
    explored = await exploreScenario(world, scenario, how)
    // What is too much to take whole is taken further at random.
    if (!explored.complete && !how.schedule) {
      const sample = { runs: 50, seed }
      const more = await exploreScenario(world, scenario, { ...how, sample })
      explored = { ...sum(explored, more), complete: false }
    }
  } catch (error) {
    if (!(error instanceof Violation)) throw error
    violation = error
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  const name = `${scenario.name}${how.crashes ? ', a connection lost' : ''}`
  const { steps, interleavings, redundant, blocked, crashes, complete } = explored ?? none
  const count = complete || how.schedule ? `${interleavings}` : `${interleavings}, not all`
  console.log(line([name, steps, count, redundant, blocked, crashes, violation ? 1 : 0, seconds]))
  if (violation) console.log(`Violation: ${violation.message}\n`)
  return violation ? 1 : 0
}

const none: Figures = {
  ...{ steps: 0, interleavings: 0, redundant: 0, blocked: 0, crashes: 0, complete: true },
}

function sum(a: Figures, b: Figures): Figures {
  return {
    steps: Math.max(a.steps, b.steps),
    interleavings: a.interleavings + b.interleavings,
    redundant: a.redundant + b.redundant,
    blocked: a.blocked + b.blocked,
    crashes: a.crashes + b.crashes,
    complete: false,
  }
}

function line([name, ...figures]: (string | number)[]): string {
  return `${String(name).padEnd(78)}${figures.map((figure) => String(figure).padStart(14)).join('')}`
}

async function withWorld(work: (world: World) => Promise<number>): Promise<number> {
  const given = process.env.TEST_DATABASE_URL
  const url = given ?? (await acquire({ hold: false, log: () => {} })).urls.postgres
  if (url === undefined) throw new Error('There is no PostgreSQL: `npm run services -- up` says why.')
  const name = `interleavings_${process.pid}`
  const database = new URL(url)
  database.pathname = `/${name}`
  await runSql(url, `create database ${name} template template0`)
  const postRate = createPostRate({ database: database.href })
  await postRate.migrate()
  await postRate.close()
  const world = await World.open(database.href)
  try {
    return await work(world)
  } finally {
    await world.close()
    await runSql(url, `drop database ${name} with (force)`)
    if (given === undefined) await release({ force: false, log: () => {} })
  }
}

async function runSql(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(sql)
  await client.end()
}

process.exitCode = await main()
