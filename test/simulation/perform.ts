import type { PostStats } from '../../packages/post-rate/src/domain/post-stats.ts'
import type { Score } from '../../packages/post-rate/src/domain/rating.ts'
import { encodeStats, messageSchema } from '../../packages/post-rate/src/domain/rating-change.ts'
import { isPostRateError } from '../../packages/post-rate/src/errors.ts'
import { copyCeiling, corruptionCeiling } from '../../packages/post-rate/src/services/deployment.ts'
import type { Node } from './node.ts'
import { keyOf } from './requests.ts'
import type { Step } from './schedule.ts'
import { postIds, userIds, type World } from './world.ts'

/** Lets a step happen; nobody waits for what it begins. */
export async function perform(step: Step, world: World): Promise<void> {
  const node = 'node' in step ? (world.nodes[step.node] as Node) : undefined
  if (node) performOn(node, step, world)
  else if (step.do === 'kafka') disturbKafka(step.what, world)
  else if (step.do === 'forge') forge(step.what, step.post, world)
  else if (step.do === 'store') await disturbStore(step.what, step.post, world)
  else if (step.do === 'backup') world.takeBackup()
  else if (step.do === 'restore') world.restore(step.moved)
  else if (step.do === 'settings') world.changeSettings(step)
  else if (step.do === 'bypass') world.bypass({ postId: step.post, userId: step.user, score: step.score as Score })
}

function performOn(node: Node, step: Step, world: World): void {
  if (step.do === 'fault') {
    node.faults.push({ call: step.call, kind: step.kind, skip: step.skip, ms: step.ms })
    return
  }
  // Nobody listens where it should be.
  if (!node.alive) return
  const { judge } = world
  switch (step.do) {
    case 'rate': {
      const { post: postId, user: userId, score } = step
      write(world, [keyOf(postId, userId)], score, node.ratePost.rate({ postId, userId, score }))
      break
    }
    case 'withdraw': {
      const { post: postId, user: userId } = step
      write(world, [keyOf(postId, userId)], null, node.ratePost.withdraw({ postId, userId }))
      break
    }
    case 'import': {
      const line = { line: 1, post: step.post, user: step.user, score: step.score, ratedAt: Date.now() / 1000 }
      const answer = judge.requests.begin([keyOf(step.post, step.user)], step.score)
      // Whether it was newer than what was there is for the database to say.
      node.importRatings.import([line], { createPosts: true }).then(
        () => answer('unknown'),
        () => answer('unknown'),
      )
      break
    }
    case 'erase': {
      const keys = postIds.map((postId) => keyOf(postId, step.user))
      write(world, keys, null, node.ratePost.erase(step.user, {}))
      break
    }
    case 'delete': {
      const keys = userIds.map((userId) => keyOf(step.post, userId))
      write(world, keys, null, node.postStore.delete(step.post))
      break
    }
    case 'read': {
      besides(node.read(step.user))
      break
    }
    case 'rebuild':
      besides(node.rebuildStats.rebuild({}))
      break
    case 'verify':
      besides(node.verifyStats.verify({ wait: 1 }))
      break
    case 'pause':
      node.pausedUntil = Date.now() + step.ms
      world.tally.count('process stopped')
      break
    case 'crash':
      node.crash()
      break
    case 'redeploy':
      besides(node.stop())
      break
  }
}

function write(world: World, keys: readonly string[], score: number | null, work: Promise<unknown>): void {
  const answer = world.judge.requests.begin(keys, score)
  work.then(
    () => answer('accepted'),
    (error: unknown) => {
      const refused = isPostRateError(error) && error.code !== 'UNAVAILABLE'
      world.tally.count(refused ? 'write refused' : 'write unknown')
      answer(refused ? 'refused' : 'unknown')
    },
  )
}

function besides(work: Promise<unknown>): void {
  work.catch(() => {})
}

function disturbKafka(what: Extract<Step, { do: 'kafka' }>['what'], { cluster, chance, tally }: World): void {
  if (cluster.topic === null) return
  tally.count(`kafka: ${what}`)
  const messages = cluster.topic.flatMap((partition) => partition.messages)
  switch (what) {
    case 'delete topic':
      cluster.delete()
      break
    case 'grow':
      cluster.grow()
      break
    case 'lose newest':
      cluster.lose('newest', 2)
      break
    case 'lose oldest':
      cluster.lose('oldest', 5)
      break
    case 'rewind':
      cluster.committed.clear()
      cluster.rebalance()
      break
    case 'repeat':
      for (const { key, value } of messages.sort(() => chance.next('repeat') - 0.5)) cluster.append(key, value)
  }
}

function forge(what: Extract<Step, { do: 'forge' }>['what'], post: number, world: World): void {
  const { cluster, database, judge, tally } = world
  const { deployment } = database.record
  const stats = database.record.stateOf(post)
  if (cluster.topic === null || stats === undefined) return
  tally.count(`forged: ${what}`)
  const send = (changed: Partial<PostStats>, source = deployment.source, schema = messageSchema) => {
    const state = { ...stats, counts: [9, 9, 9, 9, 9, 9], ...changed } as PostStats
    const message = { schema, kind: 'display', source, eventId: 'forged', ...encodeStats(state) }
    cluster.append(String(state.postId), JSON.stringify(message))
    return state
  }
  switch (what) {
    case 'unknown post':
      judge.tampered(send({ postId: 99, version: 5 }))
      break
    case 'impossible version':
      // Possible after all once the floor has risen.
      judge.tampered(send({ version: copyCeiling(deployment) + 1 }))
      break
    case 'wrong figures':
      judge.tampered(send({ version: stats.version + 1_000 }))
      break
    case 'garbage':
      cluster.append(String(post), '{"schema":1')
      break
    case 'foreign':
      send({ version: stats.version + 5 }, 'another database')
      break
    case 'future':
      send({}, deployment.source, messageSchema + 1)
  }
}

async function disturbStore(what: Extract<Step, { do: 'store' }>['what'], post: number, world: World): Promise<void> {
  const { store, database, judge, tally } = world
  tally.count(`store: ${what}`)
  judge.disturbed()
  const { memory } = store
  const { deployment } = database.record
  const write = async (changed: Partial<PostStats>) => {
    const copy = (await memory.read([post])).states.get(post) ?? database.record.stateOf(post)
    if (copy === undefined) return
    const state = { ...copy, ...changed } as PostStats
    judge.tampered(state)
    await memory.remove([post])
    await memory.apply([state], { trusted: true, ceiling: 2 ** 53 })
  }
  switch (what) {
    case 'flush':
      judge.readers.forget()
      return memory.clear()
    case 'lose':
      judge.readers.forget()
      return memory.remove([post])
    case 'regress':
      judge.readers.forget()
      return store.regress()
    case 'differ':
      return write({ activity: 77 })
    case 'ahead':
      return write({ version: (database.record.stateOf(post)?.version ?? 0) + 10 })
    case 'corrupt':
      return write({ version: corruptionCeiling(deployment) + 7 })
    case 'stranger':
      return write({ postId: 99, version: 3 })
  }
}
