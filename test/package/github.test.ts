import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { parse } from 'yaml'
import { projectDirectory } from '../helpers/services/directories.ts'
import { commandsOf } from './readmes/commands.ts'
import { problemOf } from './readmes/problem-of.ts'

interface Job {
  needs?: string
  permissions?: Record<string, string>
  'timeout-minutes'?: number
  strategy?: { matrix: { node: number[]; postgres: number[]; include: object[] } }
  steps: { run?: string }[]
}

interface Workflow {
  permissions: Record<string, string>
  jobs: Record<string, Job>
}

const read = (path: string) => readFileSync(join(projectDirectory, path), 'utf8')
const workflow = (name: string) => parse(read(`.github/workflows/${name}.yml`)) as Workflow
const runsOf = (job: Job | undefined) => (job?.steps ?? []).flatMap(({ run }) => run ?? [])

for (const name of ['ci', 'release']) {
  test(`${name}.yml: every command exists`, async (t) => {
    const runs = Object.values(workflow(name).jobs).flatMap(runsOf)
    for (const { text, words } of commandsOf(`\`\`\`sh\n${runs.join('\n')}\n\`\`\``))
      t.is(await problemOf(words), null, text)
  })

  test(`${name}.yml: reads the repository and nothing else, apart from the token that publishes; every job has a limit`, (t) => {
    const { permissions, jobs } = workflow(name)
    t.deepEqual(permissions, { contents: 'read' })
    for (const [job, { permissions: own, ...limits }] of Object.entries(jobs)) {
      t.true((limits['timeout-minutes'] ?? 0) > 0, job)
      t.deepEqual(own, job === 'publish' ? { contents: 'read', 'id-token': 'write' } : undefined, job)
    }
  })
}

test('ci.yml runs the suite on every supported Node, and the proofs once', (t) => {
  const { test: job } = workflow('ci').jobs
  const { engines } = JSON.parse(read('package.json'))
  const majors = [...engines.node.matchAll(/(\d+)\.\d+/g)].map(([, major]) => Number(major))
  t.deepEqual(job?.strategy?.matrix.node, majors)
  t.deepEqual(job?.strategy?.matrix.postgres, [15, 18])
  t.deepEqual(job?.strategy?.matrix.include, [{ node: 24, postgres: 18, proofs: true }])
  t.true(
    ['npx biome ci .', 'npm run build', 'npm test', 'npm run test:proofs'].every((run) => runsOf(job).includes(run)),
  )
})

test('release.yml publishes only after both suites passed', (t) => {
  const { test: tests, publish } = workflow('release').jobs
  t.true(['npm test', 'npm run test:proofs -- --all'].every((run) => runsOf(tests).includes(run)))
  t.is(publish?.needs, 'test')
  t.is(runsOf(publish).at(-1), 'npm run release -- --publish')
})

test('editors format as Biome does', (t) => {
  const { formatter } = JSON.parse(read('.biome.json'))
  const [, all = ''] = read('.editorconfig').split(/^\[\*\]$/m)
  t.regex(all, RegExp(`^indent_style = ${formatter.indentStyle}\nindent_size = ${formatter.indentWidth}$`, 'm'))
  t.regex(all, RegExp(`^max_line_length = ${formatter.lineWidth}$`, 'm'))
})
