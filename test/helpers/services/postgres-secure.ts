import { chmodSync, chownSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Certificates, KeyPair } from './certificates.ts'
import { serverUser, startPostgres } from './postgres.ts'
import { sendSignal } from './processes.ts'
import type { Server } from './server.ts'

/** Encrypted connections only: with a password, or the user `certified` with the client's certificate alone. */
const rules = [
  'hostssl all certified 127.0.0.1/32 cert map=client',
  'hostssl all all 127.0.0.1/32 scram-sha-256',
  '',
].join('\n')

/** Starts a PostgreSQL that refuses what is not encrypted; the URL trusts the authority of `certificates`. */
export async function startSecurePostgres(directory: string, certificates: Certificates): Promise<Server> {
  const file = (name: string) => join(directory, name)
  mkdirSync(directory, { recursive: true, mode: 0o755 })
  copyForServer(certificates.ca, file('ca.crt'))
  installCertificate(directory, certificates.server)
  writeFileSync(file('hba.conf'), rules, { mode: 0o644 })
  writeFileSync(file('ident.conf'), 'client post_rate certified\n', { mode: 0o644 })
  const settings = {
    ssl: 'on',
    ssl_cert_file: file('server.crt'),
    ssl_key_file: file('server.key'),
    ssl_ca_file: file('ca.crt'),
    hba_file: file('hba.conf'),
    ident_file: file('ident.conf'),
  }
  return startPostgres(directory, settings, `?sslmode=verify-full&sslrootcert=${certificates.ca}`)
}

/** New connections get this certificate, a moment later. */
export function presentCertificate(server: Server, pair: KeyPair): void {
  installCertificate(server.directory, pair)
  for (const handle of server.processes) sendSignal(handle, 'SIGHUP')
}

function installCertificate(directory: string, { cert, key }: KeyPair): void {
  copyForServer(cert, join(directory, 'server.crt'))
  copyForServer(key, join(directory, 'server.key'))
}

function copyForServer(from: string, to: string): void {
  const runAs = serverUser()
  copyFileSync(from, to)
  chmodSync(to, 0o600)
  if (runAs) chownSync(to, runAs.uid, runAs.gid)
}
