import kafkajs, { CompressionTypes, type Producer } from 'kafkajs'

/** Messages of one byte that nobody can read, in one batch. */
export async function sendMany(producer: Producer, topic: string, partition: number, count: number): Promise<void> {
  const messages = Array.from({ length: count }, () => ({ key: '1', value: 'x', partition }))
  await producer.send({ topic, compression: CompressionTypes.GZIP, messages })
}

/** A message in a codec that kafkajs does not have, written as Snappy writes what it cannot compress. */
export async function sendSnappy(producer: Producer, topic: string, partition: number): Promise<void> {
  // Not found among the names of the CommonJS module.
  const { CompressionCodecs } = kafkajs
  const missing = CompressionCodecs[CompressionTypes.Snappy]
  CompressionCodecs[CompressionTypes.Snappy] = () => ({
    compress: async ({ buffer }: { buffer: Buffer }) =>
      Buffer.concat([Buffer.from([buffer.length, (buffer.length - 1) << 2]), buffer]),
  })
  try {
    const messages = [{ key: '1', value: 'x', partition }]
    await producer.send({ topic, compression: CompressionTypes.Snappy, messages })
  } finally {
    CompressionCodecs[CompressionTypes.Snappy] = missing
  }
}
