import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { findCommand, runCommand } from './commands.ts'
import { Unavailable } from './unavailable.ts'

/** A certificate and its private key, as PEM files. */
export interface KeyPair {
  cert: string
  key: string
}

/** An authority of a test's own, and what it signed. */
export interface Certificates {
  /** The authority's certificate, which clients have to trust. */
  ca: string
  /** The certificate of an authority that signed none of these. */
  otherCa: string
  /** For `localhost` and 127.0.0.1. */
  server: KeyPair
  /** Valid, but for another host. */
  wrongHost: KeyPair
  /** For the right host, until yesterday. */
  expired: KeyPair
  /** For a client named `post_rate`. */
  client: KeyPair
}

const thisHost = 'DNS:localhost,IP:127.0.0.1'

/** Makes them with openssl in a folder of their own. */
export function makeCertificates(directory: string): Certificates {
  const openssl = findCommand('openssl')
  if (!openssl) throw new Unavailable('no `openssl` (Debian package `openssl`)')
  mkdirSync(directory, { recursive: true, mode: 0o755 })
  const run = (...args: string[]) => runCommand(openssl, args, { cwd: directory })
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

  const authority = (name: string): KeyPair => {
    const files = filesOf(directory, name)
    run('req', '-x509', ...newKey, '-keyout', files.key, '-out', files.cert, '-days', '2', '-subj', `/CN=${name}`)
    return files
  }
  const ca = authority('authority')
  const signed = (name: string, subject: string, hosts: string, days = 1): KeyPair => {
    const files = filesOf(directory, name)
    const request = join(directory, `${name}.csr`)
    run(
      ...['req', '-new', ...newKey, '-keyout', files.key, '-out', request],
      ...['-subj', `/CN=${subject}`, '-addext', `subjectAltName=${hosts}`],
    )
    run(
      ...['x509', '-req', '-in', request, '-out', files.cert, '-days', String(days), '-copy_extensions', 'copy'],
      ...['-CA', ca.cert, '-CAkey', ca.key, '-CAcreateserial'],
    )
    chmodSync(files.key, 0o600)
    return files
  }
  return {
    ca: ca.cert,
    otherCa: authority('other-authority').cert,
    server: signed('server', 'localhost', thisHost),
    wrongHost: signed('wrong-host', 'elsewhere.invalid', 'DNS:elsewhere.invalid'),
    expired: signed('expired', 'localhost', thisHost, -1),
    client: signed('client', 'post_rate', 'DNS:post_rate'),
  }
}

function filesOf(directory: string, name: string): KeyPair {
  return { cert: join(directory, `${name}.crt`), key: join(directory, `${name}.key`) }
}
