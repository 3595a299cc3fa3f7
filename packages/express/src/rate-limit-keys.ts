import { createHash } from 'node:crypto'
import ipaddr from 'ipaddr.js'

/** What one household or server usually has of IPv6: who is limited must not just take the next address. */
const ipv6Prefix = 56

/** A user's key: ids may hold any character, and are nobody's business who reads Redis. */
export function userKey(userId: string): string {
  return createHash('sha256').update(userId).digest('base64url')
}

/** An address' key: IPv4 as it is, also inside IPv6; of IPv6 the first 56 bits. `unknown` for a socket that has closed. */
export function addressKey(ip: string | undefined): string {
  if (ip === undefined || !ipaddr.isValid(ip)) return 'unknown'
  const address = ipaddr.process(ip)
  if (address.kind() === 'ipv4') return address.toString()
  return address
    .toByteArray()
    .slice(0, ipv6Prefix / 8)
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')
}
