import test from 'ava'
import type { Kafka } from 'kafkajs'
import { KafkaAdmin } from '../../packages/post-rate/src/adapters/kafka/kafka-admin.ts'
import { kafkaTimings } from '../../packages/post-rate/src/adapters/kafka/kafka-timings.ts'

/** An admin whose connections are counted. */
function counted() {
  const connections = { opened: 0, ended: 0 }
  const admin = () => ({
    connect: async () => {
      connections.opened++
    },
    disconnect: async () => {
      connections.ended++
    },
  })
  const target = { address: 'nowhere', encrypted: false, login: false }
  return { connections, admin: new KafkaAdmin({ kafka: { admin } as unknown as Kafka, target, timings: kafkaTimings }) }
}

test('one connection serves all questions, and the one after forgetting needs another', async (t) => {
  const { connections, admin } = counted()
  t.is(await admin.ask(async () => 1), 1)
  t.is(await admin.ask(async () => 2), 2)
  t.deepEqual(connections, { opened: 1, ended: 0 })
  await admin.forget()
  t.is(await admin.ask(async () => 3), 3)
  t.deepEqual(connections, { opened: 2, ended: 1 })
})

test('a question after closing opens no connection, which nobody would end', async (t) => {
  const { connections, admin } = counted()
  await admin.ask(async () => 1)
  await admin.close()
  await t.throwsAsync(
    admin.ask(async () => 2),
    { message: 'the connection has been closed' },
  )
  await t.throwsAsync(
    admin.demand(async () => 2),
    { code: 'UNAVAILABLE' },
  )
  await admin.close()
  t.deepEqual(connections, { opened: 1, ended: 1 })
})
