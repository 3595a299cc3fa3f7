import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { parse, parseAllDocuments } from 'yaml'
import { commandsOf } from '../../packages/cli/src/command-tree.ts'
import { keys } from '../../packages/cli/src/configuration-keys.ts'
import { declaredProgram } from '../cli/reference/program.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { projectDirectory } from '../helpers/services/directories.ts'

const execute = promisify(execFile)
const directory = join(projectDirectory, 'examples/deploy')
const read = (path: string) => readFile(join(directory, path), 'utf8')
const variables = new Set(keys.map(({ variable }) => variable))
const roles = ['serve', 'relay', 'consumer']

interface Service {
  command?: string[]
  environment?: Record<string, string>
  depends_on?: Record<string, { condition: string }>
  healthcheck?: { test?: string[]; disable?: boolean }
}

interface Workload {
  kind: string
  metadata: { name: string }
  spec: {
    selector?: { matchLabels?: Record<string, string> } & Record<string, unknown>
    ports?: { targetPort: string }[]
    template?: {
      metadata: { labels: Record<string, string> }
      spec: { enableServiceLinks: boolean; terminationGracePeriodSeconds?: number; containers: Container[] }
    }
  }
}

interface Container {
  args: string[]
  ports?: { name: string; containerPort: number }[]
  [probe: `${string}Probe`]: { httpGet: { path: string; port: string } }
}

test('the image holds what the commands need, is not root, and asks after a path that exists', async (t) => {
  const dockerfile = await read('Dockerfile')
  const [, image = ''] = dockerfile.split(/^FROM /m).slice(1)
  t.regex(dockerfile, /npm ci --omit=dev .*--ignore-scripts/)
  t.regex(image, /^USER node$/m)
  t.regex(image, /^HEALTHCHECK[\s\S]*127\.0\.0\.1:3000\/livez/m)
  t.regex(image, /^ENTRYPOINT \["node", "bin\/post-rate\.js"\]$/m)
  // What is copied from the checkout is let in by the ignore file, and there.
  for (const path of (await read('Dockerfile.dockerignore')).match(/^!\S+/gm) ?? [])
    if (!path.includes('*')) t.true((await readdir(projectDirectory)).includes(path.slice(1)), path)
})

test('compose: the roles and the migration on the services of docker-compose.yml', async (t) => {
  const compose = parse(await read('compose.yaml'), { merge: true }) as {
    include: string[]
    services: Record<string, Service>
  }
  t.deepEqual(compose.include, ['../../docker-compose.yml'])
  const servers = parse(await readFile(join(projectDirectory, 'docker-compose.yml'), 'utf8')) as typeof compose
  t.deepEqual(Object.keys(compose.services), ['migrate', ...roles])
  for (const [name, { command = [], environment = {}, depends_on = {} }] of Object.entries(compose.services)) {
    t.is(command[0], name)
    hasOptions(t, command)
    for (const variable of Object.keys(environment)) t.true(variables.has(variable), variable)
    for (const [other, { condition }] of Object.entries(depends_on)) {
      if (condition === 'service_completed_successfully') t.true(other in compose.services)
      else t.truthy(servers.services[other]?.healthcheck?.test, `${other} tells when it is healthy`)
    }
    if (name !== 'migrate') t.is(depends_on.migrate?.condition, 'service_completed_successfully')
  }
  const { postgres, kafka } = servers.services
  const { DATABASE_URL = '', KAFKA_BROKERS = '' } = compose.services.serve?.environment ?? {}
  const { POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB } = postgres?.environment ?? {}
  t.is(DATABASE_URL, `postgres://${POSTGRES_USER}:${POSTGRES_PASSWORD}@postgres:5432/${POSTGRES_DB}`)
  t.true(kafka?.environment?.KAFKA_ADVERTISED_LISTENERS?.endsWith(`//${KAFKA_BROKERS}`))
})

test('Kubernetes: commands, ports, probes and selectors agree', async (t) => {
  const documents = (
    await Promise.all(['kubernetes/migrate.yaml', 'kubernetes/post-rate.yaml'].map(documentsOf))
  ).flat()
  const kinds = documents.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
  t.deepEqual(kinds, [
    'Job post-rate-migrate',
    ...roles.map((role) => `Deployment post-rate-${role}`),
    'Service post-rate-serve',
    ...roles.map((role) => `PodDisruptionBudget post-rate-${role}`),
  ])
  const templates = documents.flatMap(({ spec: { template } }) => template ?? [])
  for (const { kind, metadata, spec } of documents) {
    const labels =
      spec.selector?.matchLabels ?? (kind === 'Service' ? (spec.selector as Record<string, string>) : undefined)
    if (labels !== undefined)
      t.is(
        templates.filter((template) =>
          Object.entries(labels).every(([key, value]) => template.metadata.labels[key] === value),
        ).length,
        1,
        `${kind} ${metadata.name} selects one kind of pod`,
      )
    if (spec.template === undefined) continue
    // Otherwise Kubernetes sets variables that begin with POST_RATE_ and are no settings.
    t.false(spec.template.spec.enableServiceLinks)
    const [container] = spec.template.spec.containers as [Container]
    hasOptions(t, container.args)
    if (kind !== 'Deployment') continue
    t.is(metadata.name, `post-rate-${container.args[0]}`)
    t.true((spec.template.spec.terminationGracePeriodSeconds ?? 0) > 15)
    const port = /--port,(\d+)/.exec(container.args.join())?.[1] ?? '3000'
    t.is(container.ports?.find(({ name }) => name === 'http')?.containerPort, Number(port))
    t.true(container.args.includes('0.0.0.0'), 'the kubelet asks from outside')
    for (const [probe, path] of [
      ['startupProbe', '/livez'],
      ['livenessProbe', '/livez'],
      ['readinessProbe', '/readyz'],
    ] as const)
      t.deepEqual(container[probe]?.httpGet, { path, port: 'http' })
  }
})

test('systemd: the units are valid, and start commands of the program', async (t) => {
  const units = await readdir(join(directory, 'systemd'))
  t.deepEqual(units.sort(), ['post-rate-migrate.service', 'post-rate@.service'])
  for (const unit of units) {
    const text = await read(`systemd/${unit}`)
    t.regex(text, /^ExecStart=\/usr\/bin\/node \/opt\/post-rate\/bin\/post-rate\.js (migrate|%i \$ARGS)$/m)
    t.regex(text, /^Restart=on-failure$/m)
  }
  for (const [, args = ''] of (await read('README.md')).matchAll(/`ARGS=(.*)`/g))
    hasOptions(t, ['serve', ...args.split(' ')])
  const copy = await mkdtemp(join(tmpdir(), 'post-rate-units-'))
  cleanUp(t, () => rm(copy, { recursive: true, force: true }))
  await cp(join(directory, 'systemd'), copy, { recursive: true })
  for (const unit of units)
    await writeFile(join(copy, unit), (await read(`systemd/${unit}`)).replace('/usr/bin/node', process.execPath))
  const files = [
    join(copy, 'post-rate-migrate.service'),
    ...roles.map((role) => join(copy, `post-rate@${role}.service`)),
  ]
  for (const role of roles) await cp(join(copy, 'post-rate@.service'), join(copy, `post-rate@${role}.service`))
  try {
    const { stderr } = await execute('systemd-analyze', ['verify', ...files])
    t.notRegex(stderr, /post-rate/)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    t.log('systemd-analyze is not installed: the units were not verified')
  }
})

/** A command line of the program whose command and options exist. */
function hasOptions(t: ExecutionContext, [name = '', ...rest]: readonly string[]) {
  const command = commandsOf(declaredProgram()).find(({ path }) => path === name)?.command
  t.truthy(command, name)
  for (const flag of rest.filter((word) => word.startsWith('--')))
    t.true(
      command?.options.some(({ long }) => long === flag),
      `${name} ${flag}`,
    )
}

async function documentsOf(path: string): Promise<Workload[]> {
  return parseAllDocuments(await read(path)).map((document) => {
    if (document.errors.length > 0) throw document.errors[0]
    return document.toJS() as Workload
  })
}
