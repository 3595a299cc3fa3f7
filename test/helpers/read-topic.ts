import { randomUUID } from 'node:crypto'
import { Kafka, logLevel } from 'kafkajs'

/** Reads the first `count` messages of a topic from its beginning, as a program of somebody else's would. */
export async function readTopic<T>(
  { brokers, topic }: { brokers: string[]; topic: string },
  count: number,
  timeoutMs = 20_000,
): Promise<{ key: string; value: T }[]> {
  const kafka = new Kafka({ brokers, clientId: 'test-reader', logLevel: logLevel.NOTHING })
  // Disconnecting waits for the last fetch, which a broker without messages holds for kafkajs' default of 5 s.
  const consumer = kafka.consumer({ groupId: `test-reader-${randomUUID()}`, maxWaitTimeInMs: 100 })
  const messages: { key: string; value: T }[] = []
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`only ${messages.length} of ${count} messages came`)),
        timeoutMs,
      ).unref()
      consumer
        .run({
          eachMessage: async ({ message }) => {
            messages.push({ key: String(message.key), value: JSON.parse(String(message.value)) })
            if (messages.length < count) return
            clearTimeout(timer)
            resolve()
          },
        })
        .catch(reject)
    })
  } finally {
    await consumer.disconnect()
  }
  return messages
}
