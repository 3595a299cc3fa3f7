import test from 'ava'
import { needs } from '../helpers/requires.ts'
import { cases } from './cases/index.ts'
import { runCase } from './run-case.ts'
import { leakedSecrets } from './secrets.ts'
import { World } from './world.ts'

/** One of each kind: a process, the database, the network, the store, the bus. All of them: `npm run faults`. */
const selection = ['api-killed', 'backends-killed', 'produce-reply-lost', 'redis-flushed', 'topic-recreated']

let world: World | undefined

test.after.always('end the deployment', async () => {
  await world?.close()
})

const withServers = needs('postgres', 'kafka', 'redis-server')

for (const name of selection) {
  withServers.serial(`a fault on real servers: ${name}`, async (t) => {
    t.timeout(300_000)
    const fault = cases.find((one) => one.name === name)
    if (!fault) throw new Error(`No case ${name}`)
    world ??= await World.start({ seed: Math.floor(Math.random() * 2 ** 31), posts: 40, relays: 1, consumers: 1 })
    t.log(`seed ${world.random.seed}`)
    const { problems, reached, accepted } = await runCase(world, fault, { judgeLatency: false })
    t.log(`accepted ${accepted}`, reached)
    t.deepEqual(problems, [])
  })
}

withServers.serial('no planted secret was written or shown by any process', (t) => {
  t.deepEqual(world && leakedSecrets(world), [])
})
