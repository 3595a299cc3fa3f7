import type { ExecutionContext } from 'ava'
import { createPostRate } from 'post-rate'
import { runCli } from '../cli/run-cli.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { privateCertificates, securePostgres } from '../helpers/private-servers.ts'
import { needs } from '../helpers/requires.ts'
import { presentCertificate } from '../helpers/services/postgres-secure.ts'
import { runSql } from '../helpers/test-database.ts'
import { RecordingLogger } from './recording-logger.ts'
import { deepText, refused, silentAbout, type Ways, works } from './ways.ts'

const withSecure = needs('postgres', 'openssl')
const untrusted = /nobody that is trusted here.*sslrootcert=FILE.*NODE_EXTRA_CA_CERTS/

/** A server that takes nothing but TLS, and ways to it. */
async function secured(t: ExecutionContext<unknown>) {
  const certificates = await privateCertificates(t)
  const server = await securePostgres(t, certificates)
  const { password } = new URL(server.url)
  /** The server's URL with another query, user or password. */
  const ways = (query: string, { login = '', url = server.url } = {}): Ways => {
    const changed = new URL(url)
    changed.search = query
    if (login !== '') changed.password = login
    const database = changed.href
    return {
      ...{ dependency: 'postgres', options: { database }, env: { DATABASE_URL: database } },
      secrets: [password, ...(login === '' ? [] : [login])],
    }
  }
  const trusting = `?sslmode=verify-full&sslrootcert=${certificates.ca}`
  return { certificates, server, ways, trusting }
}

withSecure.serial('postgres: the right authority and login work, everything else is refused by name', async (t) => {
  const { certificates, server, ways, trusting } = await secured(t)
  await works(t, ways(trusting))
  await works(t, ways(`?sslmode=require&sslrootcert=${certificates.ca}`))
  await refused(t, ways('?sslmode=verify-full'), untrusted)
  await refused(t, ways(`?sslmode=verify-full&sslrootcert=${certificates.otherCa}`), untrusted)
  for (const mode of ['require', 'verify-ca', 'prefer']) await refused(t, ways(`?sslmode=${mode}`), untrusted)
  await refused(t, ways('?ssl=true'), untrusted)
  for (const none of ['', '?sslmode=disable']) await refused(t, ways(none), /not encrypted. Use `sslmode=verify-full`/)
  await refused(t, ways(trusting, { login: 'planted-wrong-password' }), /refused the login.*DATABASE_URL/)

  const shown = async (pair: keyof typeof certificates, reason: RegExp) => {
    presentCertificate(server, certificates[pair] as never)
    const postRate = createPostRate({ database: ways(trusting).env.DATABASE_URL as string })
    cleanUp(t, () => postRate.close())
    await eventually(async () => reason.test((await postRate.status()).dependencies.postgres.detail))
    await refused(t, ways(trusting), reason)
  }
  await shown('wrongHost', /certificate is for another host/)
  await shown('expired', /certificate has expired/)
})

withSecure.serial('postgres: verify-ca checks the authority alone, as libpq does', async (t) => {
  const { certificates, server, ways } = await secured(t)
  const byAuthority = `?sslmode=verify-ca&sslrootcert=${certificates.ca}`
  await works(t, ways(byAuthority))
  presentCertificate(server, certificates.wrongHost)
  const postRate = createPostRate({ database: ways(byAuthority).env.DATABASE_URL as string })
  cleanUp(t, () => postRate.close())
  const full = createPostRate({ database: ways(byAuthority.replace('ca', 'full')).env.DATABASE_URL as string })
  cleanUp(t, () => full.close())
  await eventually(async () => /for another host/.test((await full.status()).dependencies.postgres.detail))
  t.notRegex(await works(t, ways(byAuthority)), /not checked/)
  // The same as pg's options.
  const url = ways(`?sslrootcert=${certificates.ca}&sslmode=verify-ca`).env.DATABASE_URL as string
  const options = createPostRate({ database: { connectionString: url } })
  cleanUp(t, () => options.close())
  t.like((await options.status({ patient: true })).dependencies.postgres, { reachable: true, encrypted: true })
  await refused(t, ways(`?sslmode=verify-ca&sslrootcert=${certificates.otherCa}`), untrusted)
  // Without an authority of its own everybody with a certificate of a public one could stand in for the server.
  await refused(t, ways('?sslmode=verify-ca'), untrusted)
  presentCertificate(server, certificates.expired)
  await eventually(async () => /has expired/.test((await postRate.status()).dependencies.postgres.detail))
})

withSecure.serial('postgres: a server without TLS is refused where TLS is demanded', async (t) => {
  const { ways, trusting } = await secured(t)
  const plaintext = { url: process.env.TEST_DATABASE_URL as string }
  for (const query of [trusting, '?sslmode=require', '?ssl=true', '?sslmode=no-verify'])
    await refused(t, ways(query, plaintext), /does not speak TLS.*`sslmode`/)
  await works(t, ways('', plaintext), false)
})

withSecure.serial('postgres: an unchecked certificate has to be asked for, and is warned of', async (t) => {
  const { ways, certificates, server, trusting } = await secured(t)
  t.notRegex(await works(t, ways(trusting)), /not checked/)
  presentCertificate(server, certificates.expired)
  const unchecked = /warn PostgreSQL's certificate is not checked/
  t.regex(await works(t, ways('?sslmode=no-verify')), unchecked)
  t.regex(await works(t, ways('?sslmode=require&uselibpqcompat=true')), unchecked)
  const { stderr } = await runCli(['doctor'], { env: ways('?sslmode=no-verify').env })
  t.regex(stderr, /"warn".*PostgreSQL's certificate is not checked/)
})

withSecure.serial(
  'postgres: every statement goes encrypted, those of Sequelize too, also with a certificate for a login',
  async (t) => {
    const { certificates, server, ways, trusting } = await secured(t)
    await runSql(server.url, 'create role certified login superuser')
    const byCertificate = new URL(server.url)
    byCertificate.username = 'certified'
    byCertificate.password = ''
    const { cert, key } = certificates.client
    byCertificate.search = `${trusting}&sslcert=${cert}&sslkey=${key}`

    for (const [schema, database] of [
      ['by_password', server.url],
      ['by_certificate', byCertificate.href],
    ] as const) {
      const postRate = createPostRate({ database, schema })
      cleanUp(t, () => postRate.close())
      await postRate.migrate()
      await postRate.start({ relay: true })
      const { id } = await postRate.posts.create({ title: 't', content: 'c', createdBy: 'a' })
      await postRate.ratings.rate({ postId: id, userId: 'u', score: 4 })
      await eventually(async () => (await postRate.posts.get(id)).stats.count === 1)
      // Its user has several connections: the pool's, and Sequelize's.
      const connections = await runSql<{ ssl: boolean; version: string }>(
        server.url,
        `select ssl, version from pg_stat_ssl join pg_stat_activity using (pid) where application_name = 'post-rate' and usename = $1`,
        [schema === 'by_password' ? 'post_rate' : 'certified'],
      )
      t.true(connections.length >= 2)
      t.true(connections.every(({ ssl, version }) => ssl && /^TLSv1\.[23]$/.test(version)))
      await postRate.close()
    }
    const { env } = ways(trusting)
    for (const argv of [['migrate'], ['posts', 'list'], ['settings'], ['stats', 'verify']])
      t.is((await runCli(argv, { env })).code, 0, argv.join(' '))
  },
)

withSecure.serial('postgres: writing, too, fails by name and tells no secret', async (t) => {
  const { ways, trusting } = await secured(t)
  const login = 'planted-wrong-password'
  const { options, secrets, env } = ways(trusting, { login })
  const logger = new RecordingLogger()
  const postRate = createPostRate({ ...options, logger })
  cleanUp(t, () => postRate.close())
  const refusals = [
    () => postRate.migrate(),
    () => postRate.posts.create({ title: 't', content: 'c', createdBy: 'a' }),
    () => postRate.posts.list(),
    () => postRate.ratings.rate({ postId: 1, userId: 'u', score: 4 }),
    () => postRate.settings.set({ relayShards: 2 }),
  ]
  for (const refusal of refusals) {
    const error = await t.throwsAsync<Error & { code: string }>(refusal)
    t.is(error?.code, 'UNAVAILABLE')
    t.regex(error?.message ?? '', /refused the login/)
    silentAbout(t, secrets, deepText(error), logger.text())
  }
  for (const argv of [['migrate'], ['relay'], ['rate', '1', 'u', '4'], ['posts', 'list'], ['stats', 'verify']]) {
    const { code, stdout, stderr } = await runCli(argv, { env })
    t.is(code, 4, argv.join(' '))
    t.regex(stderr, /refused the login/)
    silentAbout(t, secrets, stdout, stderr)
  }
  const missing = await runCli(['migrate'], { env: ways('?sslmode=verify-full&sslrootcert=/nowhere/ca.crt').env })
  t.is(missing.code, 3, missing.stderr)
  t.regex(missing.stderr, /\/nowhere\/ca.crt.*cannot be read/)
})
