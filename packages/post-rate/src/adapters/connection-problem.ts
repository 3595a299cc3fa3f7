/** What an administrator has to set on one server's connection, in the words of its messages. */
export interface ConnectionWords {
  /** How encryption is asked for. */
  encrypt: string
  /** How it is given up. */
  plain: string
  /** Where the authority's certificate is named. */
  ca: string
  /** Where the client's own certificate and key are named. */
  certificate: string
  /** Where user, password and the database's name come from. */
  login: string
}

type Problem = (words: ConnectionWords) => string

const untrusted: Problem = ({ ca }) =>
  `its certificate is signed by nobody that is trusted here. Name its authority's certificate in ${ca}, or in \`NODE_EXTRA_CA_CERTS\``
const wrongHost: Problem = () =>
  'its certificate is for another host. Connect to a name that stands in it, or have the name put into it'
const expired: Problem = () => 'its certificate has expired. Renew it there'
const early: Problem = () => 'its certificate is not valid yet. Compare the clocks, or renew it there'
const noTls: Problem = ({ plain }) =>
  `it does not speak TLS, which this process demands. Switch TLS on there, or, where the network is trusted, ${plain}`
const hangsUp: Problem = ({ plain }) =>
  `it hung up before TLS was agreed on, as a server does that does not speak it. Switch TLS on there, or, where the network is trusted, ${plain}`
const demandsTls: Problem = ({ encrypt }) => `it refuses what is not encrypted. Use ${encrypt}`
const demandsCertificate: Problem = ({ certificate }) =>
  `it demands a certificate of its clients, or does not trust this one's. Name certificate and key in ${certificate}`
const noDatabase: Problem = ({ login }) =>
  `it has no database of this name. Make it there (\`createdb NAME\`), or correct the name in ${login}`
const wrongLogin: Problem = ({ login }) => `it refused the login. Check user and password in ${login}`

const tooSlow: Problem = () =>
  'a statement took longer than it may. Look at `pg_stat_activity` there for what holds it up: a lock, or load'

const readOnly: Problem = () =>
  'it is read-only: a standby, or a server with `default_transaction_read_only`. Connect to the primary, or switch the setting off there'
const tooManyConnections: Problem = () =>
  'it has no free connection. Raise `max_connections` there, lower `poolSize` (`POST_RATE_POOL_SIZE`), or put PgBouncer in between'
const diskFull: Problem = () => 'its disk is full. Free space there'
const outOfMemory: Problem = () => 'it is out of memory. Lower its load, or give it more'
const notUpYet: Problem = () => 'it is starting or shutting down. Wait until it is up'
const redisFull: Problem = () =>
  'its memory limit is reached. Raise `maxmemory` there, or delete keys of other applications'
const redisRights: Problem = ({ login }) =>
  `the user of ${login} may not run this command on these keys. Grant it there with \`ACL SETUSER\``
const redisReplica: Problem = () => 'it is a replica. Connect to its master'
const redisLoading: Problem = () => 'it is loading its data. Wait until it is up'
const redisDisk: Problem = () =>
  'it cannot save its data, so it takes no writes. Free space on its disk, and look into its log'
const clusterDown: Problem = () => 'the cluster lacks a master. Look at `CLUSTER INFO` there'
const kafkaRights = (what: string): Problem => {
  return ({ login }) => `the user of ${login} lacks rights on ${what}. Grant them there with \`kafka-acls.sh --add\``
}
/** kafkajs 2.2.4 forgets why it found no coordinator. */
const noCoordinator: Problem = ({ login }) =>
  `no broker coordinates the consumer group: the user of ${login} lacks rights on the consumer group, or the brokers are just starting. Grant rights there with \`kafka-acls.sh --add --group\``
const fewReplicas: Problem = () => 'too few replicas of the topic are in sync. Start the missing brokers'
const kafkaDisk: Problem = () => "a broker cannot write to its disk. Look into the broker's log"

/** By the code of Node, of PostgreSQL, of OpenSSL or of Kafka. */
const byCode: Record<string, Problem> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  CERT_UNTRUSTED: untrusted,
  CERT_SIGNATURE_FAILURE: untrusted,
  ERR_TLS_CERT_ALTNAME_INVALID: wrongHost,
  CERT_HAS_EXPIRED: expired,
  CERT_NOT_YET_VALID: early,
  ERR_SSL_WRONG_VERSION_NUMBER: noTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: noTls,
  '3D000': noDatabase,
  '28P01': wrongLogin,
  '28000': wrongLogin,
  '57014': tooSlow,
  '55P03': tooSlow,
  '25006': readOnly,
  '53300': tooManyConnections,
  '53100': diskFull,
  '53200': outOfMemory,
  '57P03': notUpYet,
  TOPIC_AUTHORIZATION_FAILED: kafkaRights('the topic'),
  GROUP_AUTHORIZATION_FAILED: kafkaRights('the consumer group'),
  CLUSTER_AUTHORIZATION_FAILED: kafkaRights('the cluster'),
  NOT_ENOUGH_REPLICAS: fewReplicas,
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: fewReplicas,
  KAFKA_STORAGE_ERROR: kafkaDisk,
  SASL_AUTHENTICATION_FAILED: wrongLogin,
  UNSUPPORTED_SASL_MECHANISM: ({ login }) =>
    `it does not know this way to log in. Choose one that it offers in ${login}`,
  ILLEGAL_SASL_STATE: ({ login }) => `it wants no login on this port. Use another port, or leave ${login} out`,
}

/** Where the code is missing or says too little. */
const byMessage: readonly [RegExp, Problem][] = [
  [/no pg_hba\.conf entry.*no encryption|rejects connection.*no encryption/, demandsTls],
  [
    /requires a valid client certificate|alert (bad certificate|certificate required|handshake failure|unknown ca)/,
    demandsCertificate,
  ],
  [/does not support SSL connections/, noTls],
  [/before secure TLS connection was established/, hangsUp],
  [/^(WRONGPASS|NOAUTH)|invalid username-password|SASL .*authentication failed/i, wrongLogin],
  [/wrong version number|packet length too long/, noTls],
  [/^Failed to find group coordinator/, noCoordinator],
  [/^OOM /, redisFull],
  [/^NOPERM /, redisRights],
  [/^READONLY /, redisReplica],
  [/^LOADING /, redisLoading],
  [/^MISCONF /, redisDisk],
  [/^(CLUSTERDOWN|MASTERDOWN) /, clusterDown],
]

/** What is wrong with the encryption, the login or a statement's time, and what to do about it; null for anything else. */
export function connectionProblem(error: unknown, words: ConnectionWords): string | null {
  for (const link of chain(error)) {
    const { code, type, message } = link as { code?: unknown; type?: unknown; message?: unknown }
    const found =
      byMessage.find(([pattern]) => typeof message === 'string' && pattern.test(message))?.[1] ??
      byCode[String(code)] ??
      byCode[String(type)]
    if (found !== undefined) return found(words)
  }
  return null
}

/** What to do about a server that does not answer. `Start it with …` only where nothing listens on this machine. */
export function startHint(error: unknown, service: string): string {
  const start = `Start it with \`docker compose up --wait ${service}\``
  return isClosedHere(error) ? start : 'Check that it runs and that this machine reaches it'
}

function isClosedHere(error: unknown): boolean {
  for (const link of chain(error)) {
    const { message } = link as { message?: unknown }
    if (/ECONNREFUSED (127\.|::1|localhost)/.test(String(message))) return true
  }
  return false
}

/** An error's own message, on one line: OpenSSL's has several. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error && error.message !== '' ? error.message : String(error)
  return message.trim().replace(/\s+/g, ' ').replace(/\.+$/, '')
}

/** An error and what lies behind it, as the drivers call it. */
function* chain(error: unknown): Iterable<unknown> {
  const seen = new Set<unknown>()
  const waiting = [error]
  while (waiting.length > 0) {
    const link = waiting.shift()
    if (typeof link !== 'object' || link === null || seen.has(link)) continue
    seen.add(link)
    yield link
    const { cause, parent, originalError, errors } = link as Record<string, unknown>
    waiting.push(cause, parent, originalError, ...(Array.isArray(errors) ? errors : []))
  }
}
