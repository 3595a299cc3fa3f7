import { readFileSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Certificates, KeyPair } from './certificates.ts'
import { newClusterId } from './kafka.ts'
import { type KafkaProperties, kafkaReady, prepareKafkaNode, replicated } from './kafka-node.ts'
import { freePorts } from './ports.ts'
import type { Server } from './server.ts'

const listeners = ['plain', 'secure', 'wronghost', 'expired', 'certified', 'cleartext'] as const
type Listener = (typeof listeners)[number]

export interface SecureKafka extends Server {
  /**
   * The same broker by its listeners: `plain` is neither encrypted nor asks for a login, `secure` demands SASL over TLS,
   * as do `wronghost` and `expired` with certificates that are wrong; `certified` wants the client's certificate, and
   * `cleartext` a login without encryption.
   */
  brokers: Record<Listener, string>
}

/** The one user there is, under PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512. */
export const kafkaUser = { username: 'post_rate', password: 'kafka-secret-for-tests' } as const

const sasl = 'org.apache.kafka.common.security'
const mechanisms: Record<string, string> = {
  plain: `${sasl}.plain.PlainLoginModule required user_${kafkaUser.username}="${kafkaUser.password}";`,
  'scram-sha-256': `${sasl}.scram.ScramLoginModule required;`,
  'scram-sha-512': `${sasl}.scram.ScramLoginModule required;`,
}

/** Starts a Kafka of one node with listeners of every kind. */
export async function startSecureKafka(directory: string, certificates: Certificates): Promise<SecureKafka> {
  await mkdir(directory, { recursive: true })
  const ports = await freePorts(listeners.length + 1)
  const controllerPort = ports.at(-1) as number
  const brokers = Object.fromEntries(listeners.map((name, n) => [name, `127.0.0.1:${ports[n]}`])) as Record<
    Listener,
    string
  >
  const named = listeners.map((name) => `${name.toUpperCase()}://${brokers[name]}`).join(',')
  const properties: KafkaProperties = {
    ...replicated(1, 1),
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'inter.broker.listener.name': 'PLAIN',
    'listener.security.protocol.map':
      'PLAIN:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL,WRONGHOST:SASL_SSL,EXPIRED:SASL_SSL,CERTIFIED:SSL,CLEARTEXT:SASL_PLAINTEXT',
    listeners: `${named},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': named,
    ...withLogin('secure'),
    ...withLogin('wronghost'),
    ...withLogin('expired'),
    ...withLogin('cleartext'),
    ...withCertificate(directory, 'secure', certificates.server),
    ...withCertificate(directory, 'wronghost', certificates.wrongHost),
    ...withCertificate(directory, 'expired', certificates.expired),
    ...withCertificate(directory, 'certified', certificates.server),
    'listener.name.certified.ssl.client.auth': 'required',
    // Who may do everything comes by PLAIN; all others may do what nobody forbade them.
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS',
    'allow.everyone.if.no.acl.found': 'true',
    'listener.name.certified.ssl.truststore.type': 'PEM',
    'listener.name.certified.ssl.truststore.location': certificates.ca,
  }
  const { username, password } = kafkaUser
  const start = await prepareKafkaNode({
    ...{ directory, clusterId: newClusterId(), properties },
    scram: ['SCRAM-SHA-256', 'SCRAM-SHA-512'].map((name) => `${name}=[name=${username},password=${password}]`),
  })
  const process = await start()
  await kafkaReady([process], directory, brokers.plain)
  return { url: brokers.secure, processes: [process], directory, stopSignal: 'SIGTERM', brokers }
}

function withLogin(listener: Listener): KafkaProperties {
  const prefix = `listener.name.${listener}`
  const modules = Object.entries(mechanisms).map(([name, module]) => [`${prefix}.${name}.sasl.jaas.config`, module])
  return {
    [`${prefix}.sasl.enabled.mechanisms`]: Object.keys(mechanisms).join(',').toUpperCase(),
    ...Object.fromEntries(modules),
  }
}

/** Kafka wants the key and the certificate in one file. */
function withCertificate(directory: string, listener: Listener, { cert, key }: KeyPair): KafkaProperties {
  const file = join(directory, `${listener}.pem`)
  writeFileSync(file, readFileSync(key, 'utf8') + readFileSync(cert, 'utf8'), { mode: 0o600 })
  return {
    [`listener.name.${listener}.ssl.keystore.type`]: 'PEM',
    [`listener.name.${listener}.ssl.keystore.location`]: file,
  }
}
