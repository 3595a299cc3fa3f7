import fc from 'fast-check'
import { type FaultKind, faultKinds } from './network.ts'
import { postIds, userIds, type WorldOptions } from './world.ts'

/** One thing that somebody does, or that goes wrong. `node` counts from 0. */
export type Step =
  | { do: 'rate' | 'import'; node: number; post: number; user: string; score: number }
  | { do: 'withdraw'; node: number; post: number; user: string }
  | { do: 'erase'; node: number; user: string }
  | { do: 'delete'; node: number; post: number }
  | { do: 'read'; node: number; user: string }
  | { do: 'rebuild' | 'verify' | 'crash' | 'redeploy'; node: number }
  | { do: 'pause'; node: number; ms: number }
  | { do: 'fault'; node: number; call: string; kind: FaultKind; skip: number; ms: number }
  | { do: 'kafka'; what: 'delete topic' | 'grow' | 'lose newest' | 'lose oldest' | 'repeat' | 'rewind' }
  | {
      do: 'forge'
      what: 'unknown post' | 'impossible version' | 'wrong figures' | 'garbage' | 'foreign' | 'future'
      post: number
    }
  | { do: 'store'; what: 'flush' | 'lose' | 'regress' | 'differ' | 'ahead' | 'corrupt' | 'stranger'; post: number }
  | { do: 'backup' }
  | { do: 'restore'; moved: boolean }
  | { do: 'settings'; display: 'guard' | 'freeze' | 'live'; windowSeconds: number; relayShards: number }
  | { do: 'bypass'; post: number; user: string; score: number }

/** A step, and how many milliseconds after the one before it. */
export type TimedStep = Step & { wait: number }

export interface Schedule {
  world: WorldOptions
  steps: TimedStep[]
}

const calls = [
  ...['ratingStore.rate', 'ratingStore.withdraw', 'ratingStore.import', 'ratingStore.erase'],
  ...['postStore.page', 'postStore.visible', 'postStore.delete', 'recordReader.read'],
  ...['outbox.fold', 'outbox.unpublished', 'outbox.acknowledge', 'leaseStore.acquire', 'leaseStore.release'],
  ...['stateStore.range', 'stateStore.changedWithin', 'stateStore.raise', 'stateStore.moved', 'stateStore.raiseFloor'],
  ...['auditStore.compare', 'auditStore.repair', 'settingsStore.load'],
  ...['statsStore.read', 'statsStore.apply', 'statsStore.ids', 'statsStore.remove', 'statsStore.mark'],
  ...['kafka.send', 'kafka.fetch', 'kafka.commit', 'kafka.heartbeat', 'kafka.join', 'kafka.metadata', 'kafka.offsets'],
] as const

const node = fc.nat(1)
const post = fc.constantFrom(...postIds)
const user = fc.constantFrom(...userIds)
const score = fc.nat(5)
const wait = fc.oneof(
  { weight: 8, arbitrary: fc.constant(0) },
  { weight: 12, arbitrary: fc.nat(200) },
  { weight: 6, arbitrary: fc.nat(2_000) },
  { weight: 1, arbitrary: fc.constantFrom(4_000, 12_000) },
)

function step(): fc.Arbitrary<Step> {
  const one = <const D extends string>(name: D) => fc.constant(name)
  return fc.oneof(
    { weight: 30, arbitrary: fc.record({ do: one('rate'), node, post, user, score }) },
    { weight: 4, arbitrary: fc.record({ do: one('withdraw'), node, post, user }) },
    { weight: 16, arbitrary: fc.record({ do: one('read'), node, user }) },
    { weight: 3, arbitrary: fc.record({ do: one('import'), node, post, user, score }) },
    { weight: 1, arbitrary: fc.record({ do: one('erase'), node, user }) },
    { weight: 2, arbitrary: fc.record({ do: one('delete'), node, post }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('rebuild', 'verify'), node }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('crash', 'redeploy'), node }) },
    { weight: 1, arbitrary: fc.record({ do: one('pause'), node, ms: fc.constantFrom(1_000, 8_000, 20_000) }) },
    { weight: 16, arbitrary: fault(fc.constant('any'), 20) },
    { weight: 10, arbitrary: fault(fc.constantFrom(...calls), 1) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: one('kafka'),
        what: fc.constantFrom('delete topic', 'grow', 'lose newest', 'lose oldest', 'repeat', 'rewind'),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        ...{ do: one('forge'), post },
        what: fc.constantFrom('unknown post', 'impossible version', 'wrong figures', 'garbage', 'foreign', 'future'),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        ...{ do: one('store'), post },
        what: fc.constantFrom('flush', 'lose', 'regress', 'differ', 'ahead', 'corrupt', 'stranger'),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: one('backup') }) },
    { weight: 2, arbitrary: fc.record({ do: one('restore'), moved: fc.boolean() }) },
    {
      weight: 1,
      arbitrary: fc.record({
        ...{ do: one('settings'), display: fc.constantFrom('freeze', 'live', 'guard') },
        ...{ windowSeconds: fc.constantFrom(2, 6), relayShards: fc.constantFrom(1, 2) },
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: one('bypass'), post, user, score }) },
  ) as fc.Arbitrary<Step>
}

function fault(call: fc.Arbitrary<string>, mostSkipped: number) {
  return fc.record({
    ...{ do: fc.constant('fault'), node, call, skip: fc.nat(mostSkipped) },
    kind: fc.constantFrom(...faultKinds),
    ms: fc.constantFrom(300, 3_000, 9_000),
  })
}

export function schedules(): fc.Arbitrary<Schedule> {
  const timed = fc.tuple(wait, step()).map(
    ([ms, one]): TimedStep => ({ ...one, wait: ms }),
    // Without it nothing that was made by hand could be shrunk.
    (value) => {
      const { wait: ms, ...one } = value as TimedStep
      return [ms, one as Step]
    },
  )
  return fc.record({
    world: fc.record({
      ...{
        seed: fc.nat(0xffff),
        kafka: fc.boolean(),
        display: fc.constantFrom('freeze' as const, 'live' as const, 'guard' as const),
      },
      ...{ windowSeconds: fc.constantFrom(6, 2), relayShards: fc.constantFrom(1, 2) },
    }),
    steps: fc.array(timed, { maxLength: 20, size: 'max' }),
  })
}

/** A schedule for people, a line a step. */
export function tell({ world, steps }: Schedule): string {
  const { seed, kafka, display, windowSeconds, relayShards } = world
  const bus = kafka ? 'Kafka' : 'no Kafka'
  const head = `${bus}, policy ${display}, windows of ${windowSeconds} s, ${relayShards} relay shards, latencies of seed ${seed}`
  let at = 0
  const lines = steps.map((one) => {
    at += one.wait
    return `  ${`${at} ms`.padStart(9)}  ${tellStep(one)}`
  })
  return [head, ...lines].join('\n')
}

function tellStep(one: Step): string {
  const at = 'node' in one ? `node ${one.node + 1}: ` : ''
  switch (one.do) {
    case 'rate':
    case 'import':
      return `${at}${one.user} ${one.do}s post ${one.post} with ${one.score}`
    case 'withdraw':
      return `${at}${one.user} withdraws from post ${one.post}`
    case 'erase':
      return `${at}${one.user} is erased`
    case 'delete':
      return `${at}post ${one.post} is deleted`
    case 'read':
      return `${at}${one.user} reads`
    case 'pause':
      return `${at}is stopped for ${one.ms} ms`
    case 'fault': {
      const which = one.skip === 0 ? 'the next' : `number ${one.skip + 1} of the next`
      return `${at}${which} ${one.call === 'any' ? 'call' : one.call} is to be: ${one.kind}${one.kind === 'slow' ? ` by ${one.ms} ms` : ''}`
    }
    case 'kafka':
      return `Kafka: ${one.what}`
    case 'forge':
      return `a forged message: ${one.what}${one.what === 'unknown post' ? '' : ` of post ${one.post}`}`
    case 'store':
      return `the store: ${one.what} (post ${one.post})`
    case 'backup':
      return 'a backup of the database'
    case 'restore':
      return `the database is restored${one.moved ? ' on another server' : ''}`
    case 'settings':
      return `settings: ${one.display}, windows of ${one.windowSeconds} s, ${one.relayShards} relay shards`
    case 'bypass':
      return `past the triggers: ${one.user} has rated post ${one.post} with ${one.score}`
    default:
      return `${at}${one.do}`
  }
}
