import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../helpers/random.ts'
import { type Answer, HttpClient, NoAnswer } from './http-client.ts'
import type { Held, Ledger } from './ledger.ts'
import { Promises, type SeenPost } from './promises.ts'

export interface LoadOptions {
  /** Base URLs of the API processes. */
  apis: readonly string[]
  ledger: Ledger
  random: Random
  posts: number[]
  users: readonly string[]
  /** Ratings and withdrawals per second. */
  writesPerSecond?: number
  /** Pages and single posts per second. */
  readsPerSecond?: number
}

/** What the clients of one case saw. */
export interface LoadFigures {
  accepted: number
  unknown: number
  reads: number
  /** Milliseconds, sorted. */
  readLatencies: number[]
  writeLatencies: number[]
  /** The read that took longest, in words. */
  slowest: string
  /** Answers by status; 0 for no answer. */
  statuses: Map<number, number>
  /** What no client may ever see. */
  wrong: string[]
}

/** At most this many requests under way: clients that wait do not ask again. */
const mostUnderWay = 100

/** Clients: a steady mix of ratings, withdrawals and reads over all API processes, each answer judged as it comes. */
export class Load {
  readonly promises = new Promises()
  readonly #options: Required<LoadOptions>
  readonly #http = new HttpClient()
  readonly #underWay = new Set<Promise<void>>()
  #figures = noFigures()
  #running: Promise<void>[] = []
  #stopping = false
  #writing = true

  constructor(options: LoadOptions) {
    this.#options = { writesPerSecond: 15, readsPerSecond: 10, ...options }
  }

  start(): void {
    this.#stopping = false
    const { writesPerSecond, readsPerSecond } = this.#options
    this.#running = [
      this.#repeat(writesPerSecond, () => (this.#writing ? this.#write() : undefined)),
      this.#repeat(readsPerSecond, () => this.#read()),
    ]
  }

  /** Ends it; resolves when every request under way has its answer. */
  async stop(): Promise<void> {
    this.#stopping = true
    await Promise.all(this.#running)
    await Promise.all(this.#underWay)
  }

  /** No write is under way when it resolves; reading goes on. */
  async pauseWrites(): Promise<void> {
    this.#writing = false
    while (this.#options.ledger.isBusy(() => true)) await sleep(20)
  }

  resumeWrites(): void {
    this.#writing = true
  }

  /** Figures since the last call. */
  takeFigures(): LoadFigures {
    const figures = this.#figures
    this.#figures = noFigures()
    figures.wrong.push(...this.promises.broken.splice(0))
    figures.readLatencies.sort((a, b) => a - b)
    figures.writeLatencies.sort((a, b) => a - b)
    return figures
  }

  /** Answers with this status since {@link takeFigures}. */
  statusCount(status: number): number {
    return this.#figures.statuses.get(status) ?? 0
  }

  /** A rating of a pair that others rate at the same moment: judged, but what becomes of it is not known. */
  async rateAnyhow(api: string, postId: number, userId: string, score: number): Promise<void> {
    try {
      const path = `${api}/posts/${postId}/rating`
      const answer = await this.#http.send('PUT', path, { user: userId, body: { score } })
      this.#judge(answer, answer.status === 200, `rating ${postId} by ${userId}`)
    } catch (error) {
      this.#unanswered(error)
    }
  }

  close(): void {
    this.#http.close()
  }

  /** One rating through one API process, entered into the ledger; whether it was accepted. */
  async rate(api: string, postId: number, userId: string, value: Held): Promise<boolean> {
    const { ledger } = this.#options
    const began = performance.now()
    const path = `${api}/posts/${postId}/rating`
    try {
      const answer = await (value === null
        ? this.#http.send('DELETE', path, { user: userId })
        : this.#http.send('PUT', path, { user: userId, body: { score: value } }))
      this.#figures.writeLatencies.push(performance.now() - began)
      const ok = answer.status === 200 || answer.status === 204
      this.#judge(answer, ok, `rating ${postId} by ${userId}`)
      ledger.settle(postId, userId, value, ok ? 'accepted' : answer.status === 503 ? 'unknown' : 'refused')
      this.#figures[ok ? 'accepted' : 'unknown']++
      return ok
    } catch (error) {
      this.#unanswered(error)
      const refused = error instanceof NoAnswer && error.refused
      ledger.settle(postId, userId, value, refused ? 'refused' : 'unknown')
      if (!refused) this.#figures.unknown++
      return false
    }
  }

  async #write(): Promise<void> {
    const { ledger, random, posts, users, apis } = this.#options
    const { postId, userId } = ledger.take(random, posts, users)
    await this.rate(random.pick(apis), postId, userId, random.below(6) === 0 ? null : random.below(6))
  }

  async #read(): Promise<void> {
    const { random, apis, posts, users } = this.#options
    const api = random.pick(apis)
    const user = random.below(2) === 0 ? random.pick(users) : undefined
    const single = random.below(3) === 0
    const path = single ? `/posts/${random.pick(posts)}` : `/posts?limit=30&sort=${random.pick(['newest', 'top'])}`
    const began = performance.now()
    try {
      const answer = await this.#http.send('GET', api + path, { user })
      const ms = performance.now() - began
      const { readLatencies } = this.#figures
      if (readLatencies.every((other) => other < ms))
        this.#figures.slowest = `${answer.status} ${path} of ${api.slice(-5)} asked at ${new Date(answer.sentAt).toISOString()}`
      readLatencies.push(ms)
      this.#figures.reads++
      const gone = single && answer.status === 404
      this.#judge(answer, answer.status === 200 || gone, path)
      if (answer.status !== 200) return
      const page = JSON.parse(answer.body)
      for (const post of (single ? [page] : page.items) as SeenPost[]) this.#observe(post, answer, api, user)
    } catch (error) {
      this.#unanswered(error)
    }
  }

  #observe(post: SeenPost, { sentAt, receivedAt }: Answer, api: string, user: string | undefined): void {
    this.promises.observe(post, sentAt, receivedAt, api.slice(-5))
    if (user === undefined) return
    const own = this.#options.ledger.certain(post.id, user, sentAt)
    if (own !== undefined && own !== post.myScore && this.#options.posts.includes(post.id))
      this.#figures.wrong.push(`post ${post.id}: ${user} rated ${own} and sees ${post.myScore}`)
  }

  #judge({ status, headers, body }: Answer, ok: boolean, what: string): void {
    this.#count(status)
    if (ok) return
    if (status === 503 && Number(headers['retry-after']) > 0 && JSON.parse(body).status === 503) return
    this.#figures.wrong.push(`${what}: ${status} ${body.slice(0, 200)}`)
  }

  #unanswered(error: unknown): void {
    if (!(error instanceof NoAnswer)) this.#figures.wrong.push(String(error))
    this.#count(0)
  }

  #count(status: number): void {
    const { statuses } = this.#figures
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
  }

  /** Begins work at a steady pace, however long each takes. */
  async #repeat(perSecond: number, work: () => Promise<void> | undefined): Promise<void> {
    for (let due = performance.now(); !this.#stopping; due += 1000 / perSecond) {
      const wait = due - performance.now()
      if (wait > 0) await sleep(wait)
      else if (wait < -1000) due = performance.now()
      if (this.#underWay.size >= mostUnderWay) continue
      const run = work()?.finally(() => this.#underWay.delete(run as Promise<void>))
      if (run) this.#underWay.add(run)
    }
  }
}

function noFigures(): LoadFigures {
  return {
    accepted: 0,
    unknown: 0,
    reads: 0,
    readLatencies: [],
    writeLatencies: [],
    slowest: '',
    statuses: new Map(),
    wrong: [],
  }
}
