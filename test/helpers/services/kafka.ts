import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { findCommand, runCommand } from './commands.ts'
import { kafkaJars } from './kafka-jars.ts'
import { freePorts } from './ports.ts'
import { startProcess, waitUntilReady } from './processes.ts'
import type { Server } from './server.ts'
import { Unavailable } from './unavailable.ts'

export type KafkaProperties = Record<string, string | number | boolean>

/**
 * Starts a Kafka of one node, broker and controller in one process, which makes no topic by itself. `configure` may
 * change its properties.
 */
export async function startKafka(
  directory: string,
  log: (line: string) => void = () => {},
  configure: (properties: KafkaProperties) => KafkaProperties = (properties) => properties,
): Promise<Server> {
  const java = findJava()
  const jars = await kafkaJars(log)
  const [port, controllerPort] = (await freePorts(2)) as [number, number]
  mkdirSync(directory, { recursive: true })
  const properties = join(directory, 'server.properties')
  const logFile = join(directory, 'log')
  const configured = configure(serverProperties(join(directory, 'data'), port, controllerPort))
  const lines = Object.entries(configured).map(([name, value]) => `${name}=${value}\n`)
  writeFileSync(properties, lines.join(''))

  const base = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-XX:+UseSerialGC', '-cp', join(jars, '*')]
  const clusterId = randomBytes(16).toString('base64url')
  const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', properties]
  runCommand(java, [...base, ...format], { cwd: directory })
  const process = await startProcess({
    command: java,
    args: ['-Xmx512m', ...base, 'kafka.Kafka', properties],
    cwd: directory,
    logFile,
  })
  const broker = `127.0.0.1:${port}`
  await waitUntilReady([process], logFile, () => answers(broker), 120_000)
  return { url: broker, processes: [process], directory, stopSignal: 'SIGTERM' }
}

function serverProperties(data: string, port: number, controllerPort: number): KafkaProperties {
  return {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'BROKER',
    'listener.security.protocol.map': 'BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT',
    listeners: `BROKER://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `BROKER://127.0.0.1:${port}`,
    'log.dirs': data,
    'auto.create.topics.enable': false,
    'group.initial.rebalance.delay.ms': 0,
    'offsets.topic.num.partitions': 5,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.num.partitions': 2,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 2,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    // Dozens of small topics come and go: little memory and few files for each.
    'log.cleaner.dedupe.buffer.size': 16_777_216,
    'log.index.size.max.bytes': 131_072,
    'log.segment.delete.delay.ms': 1000,
  }
}

function findJava(): string {
  const java = findCommand('java')
  if (!java) throw new Unavailable('no `java` (Debian package `default-jre-headless`)')
  const { stderr } = spawnSync(java, ['-version'], { encoding: 'utf8' })
  const version = Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0)
  if (version < 17) throw new Unavailable(`Kafka needs Java 17 or newer, this is ${version}`)
  return java
}

async function answers(broker: string): Promise<void> {
  const kafka = new Kafka({
    brokers: [broker],
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
    connectionTimeout: 1000,
  })
  const admin = kafka.admin()
  try {
    await admin.connect()
    const { brokers } = await admin.describeCluster()
    if (brokers.length === 0) throw new Error('The broker has not registered yet.')
  } finally {
    await admin.disconnect()
  }
}
