import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, HttpClient, NoAnswer } from '../faults/http-client.ts'
import { type RunningCommand, startCommand } from '../helpers/command.ts'
import { eventually } from '../helpers/eventually.ts'
import { judge } from '../helpers/judge.ts'
import { withServices } from '../helpers/requires.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'
import { testRedis } from '../helpers/test-redis.ts'
import { testTopic } from '../helpers/test-topic.ts'

const posts = 20
const requestsPerSecond = 100

withServices('an API, a relay and a consumer are replaced under load: nobody notices', async (t) => {
  t.timeout(90_000)
  const database = await testDatabase(t)
  const redis = testRedis(t)
  const { brokers, topic, group } = testTopic(t)
  const env = {
    DATABASE_URL: database,
    REDIS_URL: redis.url,
    KAFKA_BROKERS: brokers.join(),
    POST_RATE_REDIS_PREFIX: redis.prefix,
    POST_RATE_TOPIC: topic,
    POST_RATE_GROUP: group,
  }
  await runSql(
    database,
    `insert into post_rate.posts (title, content, created_by) select 'Title', 'Text', 'ada' from generate_series(1, ${posts})`,
  )
  const balancer = new Balancer()
  t.teardown(() => balancer.close())
  const start = async (role: string) => {
    const api = role === 'serve' ? ['--auth', 'header:X-User', '--no-relay'] : []
    const command = startCommand(t, [role, '--port', '0', ...api], env)
    const [url] = await command.says(/http:\/\/[\d.:]+/, 60_000)
    for (const path of ['/livez', '/readyz', '/metrics']) t.is((await fetch(url + path)).status, 200, role + path)
    if (role === 'serve') balancer.servers.unshift(url)
    return command
  }
  const end = async (command: RunningCommand) => {
    command.kill('SIGTERM')
    t.is(await command.exited, 0, command.stderr())
  }

  const old = await Promise.all(['serve', 'relay', 'consumer'].map(start))
  const load = startLoad(balancer)
  const answered = (more: number) => {
    const before = load.answers.length
    return eventually(() => load.answers.length >= before + more, { timeout: 30_000 })
  }
  await answered(100)
  const next: RunningCommand[] = []
  for (const [n, role] of ['serve', 'relay', 'consumer'].entries()) {
    next.push(await start(role))
    await answered(30)
    await end(old[n] as RunningCommand)
    await answered(30)
  }
  const rated = await load.stop()

  t.deepEqual(load.failures, [])
  t.deepEqual(
    load.answers.filter(({ status }) => status !== 200).map(({ status, body }) => `${status} ${body}`),
    [],
  )
  t.true(balancer.refused > 0, 'the balancer met a server that had stopped listening')
  const stored = await runSql<{ key: string; score: number }>(
    database,
    `select post_id || ' ' || user_id as key, score from post_rate.ratings`,
  )
  t.deepEqual(
    stored.map(({ key, score }) => `${key}: ${score}`).sort(),
    [...rated].map(([key, score]) => `${key}: ${score}`).sort(),
  )

  await eventually(async () => (await runSql(database, 'select from post_rate.rating_outbox limit 1')).length === 0, {
    timeout: 30_000,
  })
  const verdict = await eventually(() => judge(database, redis.url, redis.prefix), { timeout: 30_000, interval: 300 })
  t.log(load.answers.length, 'answers', verdict)
  await Promise.all(next.map(end))
})

/** What a load balancer does: kept connections, and the next server where one does not listen. */
class Balancer {
  /** Base URLs, the newest first. */
  readonly servers: string[] = []
  refused = 0
  readonly #http = new HttpClient()
  #turn = 0

  async send(method: string, path: string, options: Parameters<HttpClient['send']>[2]): Promise<Answer> {
    const turn = this.#turn++
    for (let attempt = 0; ; attempt++)
      try {
        return await this.#http.send(method, `${this.servers[(turn + attempt) % this.servers.length]}${path}`, options)
      } catch (error) {
        if (!(error instanceof NoAnswer && error.refused) || attempt >= this.servers.length) throw error
        this.refused++
      }
  }

  close(): void {
    this.#http.close()
  }
}

/** Ratings of ever new users, and every third time a list. */
function startLoad(balancer: Balancer) {
  const answers: Answer[] = []
  const failures: string[] = []
  const rated = new Map<string, number>()
  const underWay = new Set<Promise<void>>()
  let running = true
  const request = async (n: number) => {
    const user = `user ${n}`
    const rating = { post: (n % posts) + 1, score: n % 6 }
    try {
      const answer = await (n % 3 === 0
        ? balancer.send('GET', '/posts?sort=top', { user })
        : balancer.send('PUT', `/posts/${rating.post}/rating`, { user, body: { score: rating.score } }))
      answers.push(answer)
      if (n % 3 !== 0 && answer.status === 200) rated.set(`${rating.post} ${user}`, rating.score)
    } catch (error) {
      failures.push(`request ${n}: ${error}`)
    }
  }
  const loop = (async () => {
    for (let n = 0; running; n++) {
      const work = request(n).finally(() => underWay.delete(work))
      underWay.add(work)
      await sleep(1000 / requestsPerSecond)
    }
  })()
  return {
    answers,
    failures,
    /** Resolves with what was accepted when every request has its answer. */
    async stop() {
      running = false
      await loop
      await Promise.all(underWay)
      return rated
    },
  }
}
