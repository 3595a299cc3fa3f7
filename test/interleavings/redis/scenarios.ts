import { ceiling, forged, markOf, postId, recorded, type Scenario, type Session, versions } from './copies.ts'

const { old, before, now, next } = versions

type Work = (session: Session) => Promise<unknown>

/** The consumer: messages in whatever order they come. */
const consume =
  (...list: number[]): Work =>
  async ({ store }) => {
    for (const version of list) await store.apply([recorded(version)], { trusted: false, ceiling })
  }

/** The reconciler: the record's newest, then the mark that says so. */
const reconcile =
  (...list: number[]): Work =>
  async ({ store }) => {
    for (const version of list) {
      await store.apply([recorded(version)], { trusted: true, ceiling })
      await store.mark(markOf(version))
    }
  }

/** A reader who finds nothing writes back what the record held when it was asked: by now it may be old. */
const readThrough =
  (version: number): Work =>
  async ({ store, read }) => {
    if ((await read()) === undefined) await store.apply([recorded(version)], { trusted: true, ceiling })
  }

const read: Work = async (session) => {
  for (let n = 0; n < 2; n++) await session.read()
}

const send =
  (name: string, ...args: (string | number)[]): Work =>
  ({ redis, key }) =>
    redis.send(name, ...args.map((arg) => (arg === 'KEY' ? key : arg)))

const remove: Work = ({ store }) => store.remove([postId])
const forge: Work = ({ store }) => store.apply([forged], { trusted: false, ceiling })
const intrude: Work = ({ store }) => store.apply([forged], { trusted: true, ceiling: 2 ** 50 })

export const scenarios: readonly Scenario[] = [
  { name: 'consumer × reader', stored: old, sessions: { consumer: consume(before, now), read }, ends: now },
  {
    name: 'consumer × zombie consumer × reader',
    stored: old,
    sessions: { consumer: consume(before, now), zombie: consume(old, before), read },
    ends: now,
  },
  {
    name: 'consumer out of order × reader',
    stored: old,
    sessions: { consumer: consume(now, before, old), read },
    ends: now,
  },
  { name: 'reconciler × reader', stored: before, sessions: { reconciler: reconcile(now, next), read }, ends: next },
  {
    name: 'reconciler × consumer × reader',
    stored: before,
    sessions: { reconciler: reconcile(now), consumer: consume(before, now), read },
    ends: now,
  },
  {
    name: 'read-through × reconciler × reader',
    stored: null,
    sessions: { 'read-through': readThrough(before), reconciler: reconcile(now), read },
    ends: now,
  },
  {
    name: 'two readers through × reconciler',
    stored: null,
    sessions: { one: readThrough(before), two: readThrough(now), reconciler: reconcile(now) },
    ends: now,
  },
  {
    name: 'tombstone × late message × reader',
    stored: now,
    sessions: { deletion: consume(next), late: consume(before, now), read },
    ends: next,
  },
  {
    name: 'tombstone expires × late message × reader',
    stored: next,
    sessions: { expiry: send('PEXPIRE', 'KEY', 0), late: consume(before, now), read },
    loses: true,
  },
  {
    name: 'remove × consumer × reconciler',
    stored: before,
    sessions: { remove, consumer: consume(now), reconciler: reconcile(now) },
    loses: true,
  },
  {
    name: 'remove × reader × read-through',
    stored: before,
    sessions: { remove, read, 'read-through': readThrough(now) },
    loses: true,
  },
  {
    name: 'forger × consumer × reader',
    stored: before,
    sessions: { forge, consumer: consume(now), read },
    ends: now,
  },
  {
    name: 'intruder × reconciler',
    stored: before,
    sessions: { intrude, reconciler: reconcile(now, next) },
    loses: true,
  },
  {
    name: 'damage × reconciler × reader',
    stored: before,
    sessions: { damage: send('HDEL', 'KEY', 'h3'), reconciler: reconcile(now), read },
    loses: true,
  },
  {
    name: 'wrong type × reconciler × reader',
    stored: before,
    sessions: { damage: send('SET', 'KEY', 'text'), reconciler: reconcile(now), read },
    loses: true,
  },
  {
    name: 'lost scripts × consumer × reconciler × reader',
    stored: before,
    sessions: { scripts: send('SCRIPT', 'FLUSH'), consumer: consume(now), reconciler: reconcile(now), read },
    ends: now,
  },
]
