import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import test from 'ava'
import { projectDirectory } from '../helpers/services/directories.ts'

const source = 'packages/post-rate/src'
const inner = ['domain', 'ports', 'services']
const drivers = ['pg', 'sequelize', 'ioredis', 'kafkajs', 'express', 'inversify']

/** Every way to reach a module that a linter can see. */
const waysTo: Record<string, (name: string) => string> = {
  'an import': (name) => `import it from '${name}'\nexport const used = it`,
  'an import for its effect': (name) => `import '${name}'`,
  'an import of types': (name) => `import type { It } from '${name}'\nexport type Used = It`,
  'a dynamic import': (name) => `export const used = import('${name}')`,
  'a dynamic import in backticks': (name) => `export const used = import(\`${name}\`)`,
  'a re-export': (name) => `export { it } from '${name}'`,
  'a deep path': (name) => `import it from '${name}/lib/it.js'\nexport const used = it`,
  require: () => `import { createRequire } from 'node:module'\nexport const used = createRequire(import.meta.url)`,
}

test('linting refuses drivers, Express and inversify in domain, ports and services', async (t) => {
  const files: Record<string, string> = {}
  for (const layer of inner)
    for (const driver of drivers)
      for (const [way, n] of Object.keys(waysTo).map((way, n) => [way, n] as const))
        files[`${source}/${layer}/${driver}-${n}.ts`] = waysTo[way]?.(driver) ?? ''
  const refused = await refusedOf(files)
  t.deepEqual(refused, Object.keys(files).sort())
})

test('linting refuses what leads outwards by another way', async (t) => {
  const files = {
    [`${source}/domain/to-adapter.ts`]: "export * from '../adapters/postgres/postgres-outbox.ts'",
    [`${source}/domain/to-port.ts`]: "export { silentLogger } from '../ports/logger.ts'",
    [`${source}/domain/to-service.ts`]: "export { Loop } from '../services/loop.ts'",
    [`${source}/domain/to-container.ts`]: "export { createContainer } from '../container.ts'",
    [`${source}/domain/to-network.ts`]: "export { connect } from 'node:net'",
    [`${source}/domain/to-itself.ts`]: "export { createPostRate } from 'post-rate'",
    [`${source}/ports/to-adapter.ts`]: "export const used = import('../adapters/kafka/kafka-event-bus.ts')",
    [`${source}/ports/to-service.ts`]: "export { Loop } from '../services/loop.ts'",
    [`${source}/services/to-adapter.ts`]: "export { NoStatsStore } from './../adapters/memory/no-stats-store.ts'",
    [`${source}/services/to-api.ts`]: "export type { PostRate } from '../api.ts'",
    [`${source}/services/to-container.ts`]: "export { createContainer } from '../container.ts'",
    [`${source}/adapters/postgres/to-inversify.ts`]: "export { Container } from 'inversify'",
    [`${source}/to-inversify.ts`]: "export { Container } from 'inversify/lib/index.js'",
    'packages/express/src/to-inversify.ts': "export { Container } from 'inversify'",
    'packages/express/src/to-driver.ts': "export { Pool } from 'pg'",
    'packages/cli/src/to-inversify.ts': "export { Container } from 'inversify'",
    'packages/cli/src/to-driver.ts': "export { Redis } from 'ioredis'",
    'packages/cli/src/to-inside.ts': "export { Loop } from '../../post-rate/src/services/loop.ts'",
  }
  t.deepEqual(await refusedOf(files), Object.keys(files).sort())
})

test('linting allows what belongs there', async (t) => {
  t.deepEqual(
    await refusedOf({
      [`${source}/container.ts`]: "export { Container } from 'inversify'",
      [`${source}/options.ts`]: "export type { PoolConfig } from 'pg'",
      [`${source}/adapters/postgres/pool.ts`]: "export { Pool } from 'pg'",
      [`${source}/domain/rating.ts`]:
        "export { checkUserId } from './ids.ts'\nexport { PostRateError } from '../errors.ts'",
      [`${source}/ports/post-store.ts`]: "export type { PostText } from '../domain/post.ts'",
      [`${source}/services/loop.ts`]:
        "export { randomUUID } from 'node:crypto'\nexport type { Logger } from '../ports/logger.ts'",
      'packages/express/src/router.ts': "export { Router } from 'express'\nexport { createPostRate } from 'post-rate'",
    }),
    [],
  )
})

test('no type is taken from a driver in place, which the linter does not see', async (t) => {
  const found: string[] = []
  for (const layer of inner)
    for (const file of await readdir(join(projectDirectory, source, layer)))
      if (/\bimport\(['"`]/.test(await readFile(join(projectDirectory, source, layer, file), 'utf8')))
        found.push(`${layer}/${file}`)
  t.deepEqual(found, [])
})

/** The files that the project's lint rules refuse because of what they import. */
async function refusedOf(files: Record<string, string>): Promise<string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'post-rate-boundaries-'))
  try {
    for (const name of ['.biome.json', '.gitignore'])
      await copyFile(join(projectDirectory, name), join(directory, name))
    for (const [file, text] of Object.entries(files)) {
      await mkdir(dirname(join(directory, file)), { recursive: true })
      await writeFile(join(directory, file), `${text}\n`)
    }
    const biome = join(projectDirectory, 'node_modules/@biomejs/biome/bin/biome')
    const output = await new Promise<string>((resolve) => {
      execFile(
        process.execPath,
        [biome, 'lint', '--reporter=github', '--max-diagnostics=none', '.'],
        { cwd: directory, maxBuffer: 2 ** 26 },
        (_error, stdout) => resolve(stdout),
      )
    })
    const errors = /^::error title=lint\/style\/(?:noRestrictedImports|noUnusedTemplateLiteral),file=([^,]+),/gm
    const refused = [...output.matchAll(errors)].map(([, file = '']) => file.slice(file.indexOf('packages/')))
    return [...new Set(refused)].sort()
  } finally {
    await rm(directory, { recursive: true })
  }
}
