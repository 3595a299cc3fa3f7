import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { findCommand, runCommand } from './commands.ts'
import { findMaven, hasKafkaJars, kafkaJars, kafkaVersion } from './kafka-jars.ts'
import { type ProcessHandle, startProcess, waitUntilReady } from './processes.ts'
import { Unavailable } from './unavailable.ts'

export type KafkaProperties = Record<string, string | number | boolean>

export interface KafkaNodeOptions {
  directory: string
  clusterId: string
  properties: KafkaProperties
  /** Kafka's version; default that of `kafka-jars`. */
  version?: string | undefined
  /** Users that the storage begins with, as `MECHANISM=[name=…,password=…]`. */
  scram?: readonly string[]
  log?: (line: string) => void
  /** Runs for long under load, so that it may compile its code twice. Default false: half the processor time to start. */
  optimised?: boolean | undefined
}

/** Name and version of the Kafka that the tests start. Throws `Unavailable` where it cannot be had. */
export function describeKafka(): string {
  findJava()
  if (!hasKafkaJars()) findMaven()
  return `Kafka ${kafkaVersion}`
}

/** Sets a node up on disk; resolves to what starts its process, again and again. */
export async function prepareKafkaNode(options: KafkaNodeOptions): Promise<() => Promise<ProcessHandle>> {
  const { directory, clusterId, scram = [], log = () => {}, optimised = false } = options
  const java = findJava()
  const jars = await kafkaJars(log, options.version)
  mkdirSync(directory, { recursive: true })
  const properties = join(directory, 'server.properties')
  const all = { 'log.dirs': join(directory, 'data'), ...common, ...options.properties }
  const lines = Object.entries(all).map(([name, value]) => `${name}=${value}\n`)
  writeFileSync(properties, lines.join(''), { mode: 0o600 })

  const compiler = optimised ? [] : ['-XX:TieredStopAtLevel=1']
  const machine = ['-XX:+UseSerialGC', ...compiler]
  const base = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', ...machine, '-cp', join(jars, '*')]
  const users = scram.flatMap((user) => ['--add-scram', user])
  const format = ['kafka.tools.StorageTool', 'format', `--cluster-id=${clusterId}`, '-c', properties, ...users]
  runCommand(java, [...base, ...format], { cwd: directory })
  return () =>
    startProcess({
      command: java,
      args: ['-Xmx512m', ...base, 'kafka.Kafka', properties],
      cwd: directory,
      logFile: join(directory, 'log'),
    })
}

/** Waits until this broker answers and knows of so many brokers; ends the processes when it does not. */
export async function kafkaReady(
  processes: readonly ProcessHandle[],
  directory: string,
  broker: string,
  count = 1,
): Promise<void> {
  await waitUntilReady(processes, join(directory, 'log'), () => answers(broker, count), 120_000)
}

/** Makes no topic by itself. Dozens of small topics come and go: little memory and few files for each. */
const common: KafkaProperties = {
  'process.roles': 'broker,controller',
  'controller.listener.names': 'CONTROLLER',
  'auto.create.topics.enable': false,
  'group.initial.rebalance.delay.ms': 0,
  // Members of private servers may have sessions that are shorter than Kafka's least of 6 s.
  'group.min.session.timeout.ms': 1000,
  'offsets.topic.num.partitions': 5,
  'transaction.state.log.num.partitions': 2,
  'share.coordinator.state.topic.num.partitions': 2,
  'log.cleaner.dedupe.buffer.size': 16_777_216,
  'log.index.size.max.bytes': 131_072,
  'log.segment.delete.delay.ms': 1000,
}

/** How often the brokers' own topics are kept, and how many copies must be written. */
export function replicated(copies: number, written: number): KafkaProperties {
  return {
    'offsets.topic.replication.factor': copies,
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': written,
    'share.coordinator.state.topic.replication.factor': copies,
    'share.coordinator.state.topic.min.isr': written,
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

async function answers(broker: string, count: number): Promise<void> {
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
    if (brokers.length < count) throw new Error(`${brokers.length} of ${count} brokers have registered.`)
  } finally {
    await admin.disconnect()
  }
}
