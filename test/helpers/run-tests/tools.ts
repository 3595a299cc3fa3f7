import { findCommand, findPgBouncer } from '../services/commands.ts'

export interface Tools {
  /** Environment variables that tell the tests where the tools are. */
  environment: Record<string, string>
  /** Why tests have to do without a tool. */
  missing: Record<string, string>
}

/** Finds what some tests drive beside the services: a browser, a terminal multiplexer, servers of their own. */
export function findTools(): Tools {
  const tools: Tools = { environment: {}, missing: {} }
  const chromium = process.env.TEST_CHROMIUM ?? findCommand('chromium', 'chromium-browser', 'google-chrome')
  if (chromium) tools.environment.TEST_CHROMIUM = chromium
  else tools.missing.chromium = 'no Chromium on the PATH and none in TEST_CHROMIUM (Debian package `chromium`)'
  const tmux = process.env.TEST_TMUX ?? findCommand('tmux')
  if (tmux) tools.environment.TEST_TMUX = tmux
  else tools.missing.tmux = 'no tmux on the PATH (Debian package `tmux`)'
  const redisServer = findCommand('redis-server')
  if (redisServer && findCommand('redis-cli')) tools.environment.TEST_REDIS_SERVER = redisServer
  else tools.missing['redis-server'] = 'no redis-server and redis-cli on the PATH (Debian package `redis-server`)'
  const pgBouncer = findPgBouncer()
  if (pgBouncer) tools.environment.TEST_PGBOUNCER = pgBouncer
  else tools.missing.pgbouncer = 'no pgbouncer on the PATH (Debian package `pgbouncer`)'
  const openssl = findCommand('openssl')
  if (openssl) tools.environment.TEST_OPENSSL = openssl
  else tools.missing.openssl = 'no openssl on the PATH (Debian package `openssl`)'
  return tools
}
