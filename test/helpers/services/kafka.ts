import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type KafkaNodeOptions, type KafkaProperties, kafkaReady, prepareKafkaNode, replicated } from './kafka-node.ts'
import { freePorts } from './ports.ts'
import type { ClusterServer, Server } from './server.ts'

export type { KafkaProperties } from './kafka-node.ts'

export interface KafkaOptions extends Pick<KafkaNodeOptions, 'version' | 'log' | 'optimised'> {
  /** May change its properties. */
  configure?: (properties: KafkaProperties) => KafkaProperties
}

/** Starts a Kafka of one node, broker and controller in one process. */
export async function startKafka(
  directory: string,
  { configure = (properties) => properties, ...options }: KafkaOptions = {},
): Promise<Server> {
  const [port, controllerPort] = (await freePorts(2)) as [number, number]
  const properties = configure({ ...nodeProperties(1, port, [controllerPort]), ...replicated(1, 1) })
  const start = await prepareKafkaNode({ directory, clusterId: newClusterId(), properties, ...options })
  const process = await start()
  const broker = `127.0.0.1:${port}`
  await kafkaReady([process], directory, broker)
  return { url: broker, processes: [process], directory, stopSignal: 'SIGTERM' }
}

/**
 * Starts a Kafka of three nodes, each broker and controller. Topics made with the cluster's defaults have three copies,
 * two of which must be written.
 */
export async function startKafkaCluster(directory: string): Promise<ClusterServer> {
  const ports = await freePorts(6)
  const clusterId = newClusterId()
  const starters: ClusterServer['nodes'][number]['start'][] = []
  // One after the other: each is a Java of its own for a second.
  for (let n = 0; n < 3; n++) {
    const properties = {
      ...nodeProperties(n + 1, ports[n] as number, ports.slice(3)),
      ...replicated(3, 2),
      'default.replication.factor': 3,
      'min.insync.replicas': 2,
      // A broker that is gone is noticed within seconds, and one that is back leads its share again.
      'broker.session.timeout.ms': 6000,
      'leader.imbalance.check.interval.seconds': 5,
    }
    starters.push(await prepareKafkaNode({ directory: join(directory, `node-${n}`), clusterId, properties }))
  }
  const processes = await Promise.all(starters.map((start) => start()))
  const brokers = ports.slice(0, 3).map((port) => `127.0.0.1:${port}`)
  for (const [n, broker] of brokers.entries())
    await kafkaReady(processes, join(directory, `node-${n}`), broker, brokers.length)
  const nodes = brokers.map((url, n) => ({ url, start: starters[n] as () => ReturnType<(typeof starters)[number]> }))
  return { url: brokers.join(','), processes, directory, stopSignal: 'SIGTERM', nodes }
}

export function newClusterId(): string {
  return randomBytes(16).toString('base64url')
}

function nodeProperties(id: number, port: number, controllerPorts: readonly number[]): KafkaProperties {
  const ownController = controllerPorts[id - 1]
  return {
    'node.id': id,
    'controller.quorum.voters': controllerPorts.map((at, n) => `${n + 1}@127.0.0.1:${at}`).join(','),
    'inter.broker.listener.name': 'BROKER',
    'listener.security.protocol.map': 'BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT',
    listeners: `BROKER://127.0.0.1:${port},CONTROLLER://127.0.0.1:${ownController}`,
    'advertised.listeners': `BROKER://127.0.0.1:${port}`,
  }
}
