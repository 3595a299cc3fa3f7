import { scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

/** @type {(password: string, salt: string, length: number) => Promise<Buffer>} */
const derive = promisify(scrypt)

/**
 * Demo accounts, all with the password `stars`: a real host has a table of them. Kept are a salt and a scrypt hash.
 * @type {Map<string, { salt: string, hash: string, author?: boolean }>}
 */
const accounts = new Map([
  ['ada', { salt: 'gKMDwveDfmVtQNE5cDwTxQ', hash: 'cd7FR6vToCRtIZezzOiaK7zYpIgtBtE5DQNvarxEnjU', author: true }],
  ['ben', { salt: 'c1sy4VeOyZJfED8rW-n3IQ', hash: 'hVz8AUQ5gJj6FsE4Ih-j777KU5Ej0RedsYyqpF9xLoU' }],
  ['cleo', { salt: 'xGAg_dEBX_TtC9dGOZVKew', hash: 'NFdKdNps-F_zP0KOwXLavOa2sDHFw1z3TRH_CYr2yZA' }],
])

/** Stands in for an unknown name, so that it takes as long as a wrong password. */
const nobody = { salt: 'nobody', hash: '' }

/**
 * @param {unknown} name
 * @param {unknown} password
 */
export async function verifyLogin(name, password) {
  if (typeof name !== 'string' || typeof password !== 'string') return false
  const { salt, hash } = accounts.get(name) ?? nobody
  const [derived, kept] = [await derive(password, salt, 32), Buffer.from(hash, 'base64url')]
  return derived.length === kept.length && timingSafeEqual(derived, kept)
}

/**
 * Who may write posts.
 * @param {string | null} user
 */
export function isAuthor(user) {
  return user !== null && accounts.get(user)?.author === true
}
