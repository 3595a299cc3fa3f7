import { beginQuarantine, type OperationName } from './operations.ts'
import { foldAll, publishAll, type SetUp, type World } from './world.ts'

export interface Scenario {
  name: string
  sessions: readonly OperationName[]
  setUp: SetUp
  /** Has so many orders that a quick run takes some of them at random. */
  many: boolean
  /** Figures are wrong at the beginning; a repair is due. */
  damaged?: boolean
}

const addPost = `insert into post_rate.posts (id, title, content, created_by) values (1, 'Post', 'Text.', 'author')`
const rated = (userId: string, score: number) =>
  `insert into post_rate.ratings (post_id, user_id, score) values (1, '${userId}', ${score})`

async function begin(world: World, ...statements: string[]): Promise<void> {
  for (const statement of statements) await world.sql(statement)
  await foldAll(world.free)
  // The shards that another number of relays would have; and a relay that has stopped.
  await world.sql(`insert into post_rate.relay_progress (shard, shards) values (1, 2), (0, 2) on conflict do nothing`)
  await world.sql(
    `insert into post_rate.leases (name, holder, expires_at) values ('relay:0/1', 'stopped', '2020-01-01')`,
  )
}

/** A post that nobody has rated. */
export const fresh: SetUp = (world) => begin(world, addPost)

/** One rating folded and published, and two waiting to be folded: a first one and a change. */
export const pending: SetUp = async (world) => {
  await begin(world, addPost, rated('u1', 2), rated('u2', 5))
  await publishAll(world.free, [])
  await world.sql(rated('u4', 0))
  await world.sql(`update post_rate.ratings set score = 1 where user_id = 'u2'`)
}

/** Folded and not published, with a row among them that was not visible when its neighbours were folded. */
export const late: SetUp = async (world) => {
  await begin(world, addPost, rated('u1', 2))
  await publishAll(world.free, [])
  const { pool } = await world.process(0)
  const open = await pool.connect()
  await open.query('begin')
  await open.query(rated('u2', 3))
  await world.sql(rated('u4', 5))
  await foldAll(world.free)
  await open.query('commit')
  await open.release()
}

/** A window has ended, and its step is due. */
export const due: SetUp = async (world) => {
  await begin(world, addPost, rated('u1', 2))
  await world.sql(rated('u2', 4))
  await foldAll(world.free)
  await publishAll(world.free, [])
  await world.sql(`update post_rate.post_stats set as_of = as_of - interval '2 days',
window_end = window_end - interval '1 day', step_at = step_at - interval '1 day'`)
  await world.sql(`update post_rate.relay_progress set watermark = watermark - interval '2 days' where shards = 1`)
}

/** Deleted, and the deletion is not folded yet. */
export const deleted: SetUp = async (world) => {
  await pending(world)
  await world.sql('delete from post_rate.posts where id = 1')
}

/** All that was rated is excluded, folded and published. */
export const excluded: SetUp = async (world) => {
  await pending(world)
  const everything = { postId: 1, from: Date.UTC(2020), to: Date.UTC(2100) }
  await world.free.ports.moderationStore.exclude(everything, { by: 'admin', reason: 'test' })
  await foldAll(world.free)
  await publishAll(world.free, [])
}

/** The users of its ratings are excluded, folded and published; one of them rates later. */
export const usersExcluded: SetUp = async (world) => {
  await pending(world)
  await world.free.ports.userExclusionStore.exclude(['u1', 'u3'], { by: 'admin', reason: 'test' })
  await foldAll(world.free)
  await publishAll(world.free, [])
}

/** All that was rated is in quarantine, folded and published. */
export const quarantined: SetUp = async (world) => {
  await pending(world)
  await world.sql(beginQuarantine)
  await world.free.ports.quarantineStore.settle()
  await foldAll(world.free)
  await publishAll(world.free, [])
}

/** Ratings that nobody gave were added to its figures by hand; true ones wait. */
export const damaged: SetUp = async (world) => {
  await pending(world)
  await world.sql(`update post_rate.post_stats set counts = '{7,0,1,0,0,1}'`)
}

/** Its state was lost by hand: whoever comes first makes the row anew. */
export const stateless: SetUp = async (world) => {
  await pending(world)
  await world.sql('delete from post_rate.post_stats')
}

const everyOperation: readonly OperationName[] = [
  ...(['rate', 'first rating', 'withdraw', 'erase', 'host of two', 'import', 'rekey'] as const),
  ...(['fold', 'fold of another shard count', 'takeover', 'publish'] as const),
  ...(['rebuild', 'raise', 'raise the floor', 'settings', 'exclude', 'delete'] as const),
]

/** Every operation with every other and with itself, on a post that has something for each of them to do. */
export const pairs: readonly Scenario[] = [
  ...everyOperation.flatMap((a, n) => everyOperation.slice(n).map((b) => scenario([a, b], pending, 'pending'))),
  scenario(['first rating', 'first rating'], fresh, 'fresh'),
  scenario(['first rating', 'other first rating'], fresh, 'fresh'),
  scenario(['first rating', 'host'], fresh, 'fresh'),
  scenario(['host', 'host'], fresh, 'fresh'),
  scenario(['host', 'fold'], fresh, 'fresh'),
  scenario(['publish', 'fold'], late, 'late'),
  scenario(['publish', 'publish'], late, 'late'),
  scenario(['publish', 'rebuild'], late, 'late'),
  scenario(['fold', 'fold'], due, 'due'),
  scenario(['fold', 'fold of another shard count'], due, 'due'),
  scenario(['fold', 'rate'], due, 'due'),
  scenario(['fold', 'rebuild'], due, 'due'),
  scenario(['fold', 'settings'], due, 'due'),
  scenario(['fold', 'publish'], due, 'due'),
  scenario(['recreate', 'fold'], deleted, 'deleted'),
  scenario(['recreate', 'rebuild'], deleted, 'deleted'),
  scenario(['recreate', 'recreate'], deleted, 'deleted'),
  scenario(['recreate', 'first rating'], deleted, 'deleted'),
  ...(
    ['rate', 'withdraw', 'import', 'host of two', 'rekey', 'fold', 'rebuild', 'exclude', 'restore', 'delete'] as const
  ).map((b) => scenario(['restore', b], excluded, 'excluded')),
  ...(['rate', 'first rating', 'withdraw', 'host', 'import', 'fold', 'rebuild', 'delete', 'exclude'] as const).map(
    (b) => scenario(['exclude users', b], pending, 'pending'),
  ),
  ...(['rate', 'first rating', 'host', 'exclude', 'exclude users'] as const).map((b) =>
    scenario(['restore users', b], usersExcluded, 'users excluded'),
  ),
  ...(['rate', 'first rating', 'host', 'fold'] as const).map((b) => scenario(['quarantine', b], pending, 'pending')),
  ...(['rate', 'first rating', 'host', 'fold', 'exclude users'] as const).map((b) =>
    scenario(['end quarantine', b], quarantined, 'quarantined'),
  ),
  scenario(['exclude users', 'restore'], excluded, 'excluded'),
  scenario(['exclude', 'rate'], excluded, 'excluded'),
  scenario(['exclude', 'exclude'], excluded, 'excluded'),
  scenario(['fold', 'rebuild'], damaged, 'damaged'),
  scenario(['rebuild', 'rebuild'], damaged, 'damaged'),
  scenario(['rebuild', 'rate'], damaged, 'damaged'),
  scenario(['rebuild', 'raise'], damaged, 'damaged'),
  scenario(['rebuild', 'delete'], damaged, 'damaged'),
  scenario(['rebuild', 'fold'], stateless, 'stateless'),
  scenario(['rebuild', 'rebuild'], stateless, 'stateless'),
  scenario(['rebuild', 'first rating'], stateless, 'stateless'),
]

export const triples: readonly Scenario[] = [
  scenario(['rate', 'fold', 'rebuild'], pending, 'pending'),
  scenario(['first rating', 'fold', 'fold'], pending, 'pending'),
  scenario(['rate', 'withdraw', 'fold'], pending, 'pending'),
  scenario(['host', 'first rating', 'fold'], fresh, 'fresh'),
  scenario(['host for another user', 'first rating', 'fold'], fresh, 'fresh'),
  scenario(['host for another user', 'rate', 'fold'], pending, 'pending'),
  scenario(['host', 'host', 'first rating'], fresh, 'fresh'),
  scenario(['host of two', 'rate', 'delete'], pending, 'pending'),
  scenario(['delete', 'rate', 'fold'], pending, 'pending'),
  scenario(['delete', 'recreate', 'fold'], pending, 'pending'),
  scenario(['delete', 'first rating', 'recreate'], pending, 'pending'),
  scenario(['takeover', 'fold', 'rate'], pending, 'pending'),
  scenario(['takeover', 'takeover', 'fold'], pending, 'pending'),
  scenario(['settings', 'fold', 'rate'], pending, 'pending'),
  scenario(['settings', 'fold', 'rebuild'], pending, 'pending'),
  scenario(['raise', 'fold', 'rebuild'], pending, 'pending'),
  scenario(['raise the floor', 'fold', 'raise'], pending, 'pending'),
  scenario(['import', 'rate', 'fold'], pending, 'pending'),
  scenario(['host for another user', 'fold', 'publish'], late, 'late'),
  scenario(['publish', 'fold', 'rate'], late, 'late'),
  scenario(['fold', 'fold of another shard count', 'rate'], pending, 'pending'),
  scenario(['fold', 'fold', 'rebuild'], damaged, 'damaged'),
  scenario(['rekey', 'rate', 'fold'], pending, 'pending'),
  scenario(['erase', 'first rating', 'fold'], pending, 'pending'),
  scenario(['fold', 'rate', 'rebuild'], due, 'due'),
  scenario(['exclude', 'rate', 'fold'], pending, 'pending'),
  scenario(['exclude users', 'first rating', 'fold'], pending, 'pending'),
  scenario(['restore users', 'rate', 'fold'], usersExcluded, 'users excluded'),
  scenario(['exclude', 'fold', 'rebuild'], pending, 'pending'),
  scenario(['restore', 'rate', 'fold'], excluded, 'excluded'),
  scenario(['restore', 'exclude', 'rate'], excluded, 'excluded'),
  scenario(['quarantine', 'rate', 'fold'], pending, 'pending'),
  scenario(['end quarantine', 'rate', 'fold'], quarantined, 'quarantined'),
]

function scenario(sessions: readonly OperationName[], setUp: SetUp, beginning: string): Scenario {
  // Taking leases is five statements on one small table, each of which could meet each of another session's.
  const takeovers = sessions.every((operation) => operation === 'takeover')
  // Of two who make the same missing rows either may be the one that waits, so that an order cannot always be repeated.
  const makers = setUp === stateless && sessions.every((operation) => operation === 'rebuild')
  // Users are moderated, and quarantines settled, in a dozen statements.
  const long = /exclude|restore|rebuild|fold|quarantine/
  const steps =
    sessions.some((name) => / users$|quarantine$/.test(name)) && sessions.filter((name) => long.test(name)).length > 1
  const many = sessions.length > 2 || takeovers || makers || steps
  return {
    name: `${sessions.join(' × ')} (${beginning})`,
    sessions,
    setUp,
    many,
    damaged: setUp === damaged || setUp === stateless,
  }
}
