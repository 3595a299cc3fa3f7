/** A test that guards a number of the table, in a file of its own. `title` is a part of its title as it stands in the file. */
export interface Guard {
  file: string
  title: string
}

const at = (file: string, title: string): Guard => ({ file: `test/${file}`, title })

/** What other tests guard: alone, or beside the rows of the table. */
export const elsewhere: Readonly<Record<number, readonly Guard[]>> = {
  1: [at('http/suites/input.ts', '400 score: everything but a whole JSON number 0-5')],
  2: [at('http/suites/input.ts', 'of duplicate keys the last wins')],
  3: [at('http/suites/input.ts', '400 id: everything but digits'), at('unit/ids.test.ts', 'id')],
  4: [at('http/suites/methods.ts', 'paths that the router does not know fall through')],
  5: [
    at('http/suites/bodies.ts', '413 comes before all has been read'),
    at('http/suites/bodies.ts', '415: a content encoding'),
  ],
  7: [at('http/suites/bodies.ts', 'a client that goes away in mid-body')],
  8: [at('http/suites/input.ts', '400 limit, sort and after')],
  9: [at('unit/page-cursor.test.ts', 'cursor')],
  10: [at('http/suites/writing.ts', 'only the user that the host names counts')],
  11: [at('http/suites/input.ts', 'prototype keys in a body change nothing')],
  15: [at('http/suites/hooks.ts', 'authorize: false is 403 and nothing is stored')],
  16: [at('integration/host-clients.test.ts', 'a port is replaced by its token before first use')],
  17: [at('http/suites/hooks.ts', "getUser: anything else, and an error, go to the host's error handler")],
  18: [at('http/suites/hooks.ts', 'getUser: every string of 1-255 code points')],
  20: [
    at('http/suites/rate-limit.ts', 'rateLimit: each user has a quota of writes'),
    at('http/suites/rate-limit.ts', 'rateLimit: each address has a quota of requests'),
    at('integration/rate-limit.test.ts', 'rate limits: several nodes count together in Redis'),
  ],
  26: [at('http/suites/cross-site.ts', 'a write that a browser says is of another site is 403')],
  27: [at('http/suites/methods.ts', 'every other method, with Allow')],
  28: [at('http/suites/caching.ts', 'private, no-cache')],
  29: [at('security/secrets.test.ts', 'secrets: a server tells none')],
  30: [
    at('servers/encryption-postgres.test.ts', 'the right authority and login work, everything else is refused by name'),
    at('servers/encryption-redis.test.ts', 'the right authority and login work, everything else is refused by name'),
    at('servers/encryption-kafka.test.ts', 'PLAIN and SCRAM work over TLS, everything else is refused by name'),
  ],
  31: [
    at('cli/commands.test.ts', 'text from the database never controls a terminal'),
    at('cli/tui-text.test.ts', 'printable escapes'),
  ],
  32: [
    at('cli/tui-text.test.ts', 'fit keeps to the width'),
    at('cli/tui.test.tsx', 'bidi, emoji and a megabyte leave the frame intact'),
  ],
  33: [at('cli/tui-text.test.ts', 'a megabyte of anything fits its column')],
  34: [at('cli/commands.test.ts', 'import and export: idempotent, bad lines by number, both formats, exact')],
  36: [
    at(
      'contract/event-bus-kafka.test.ts',
      'kafka: foreign, unreadable and impossible messages are skipped and counted',
    ),
    at('contract/event-bus-kafka.test.ts', 'kafka: a schema from the future pauses its partition'),
  ],
  39: [at('contract/stats-store-redis.test.ts', 'redis: tampering that adds up is a conflict')],
  40: [at('contract/stats-store-redis.test.ts', 'redis: a prefix that cannot be part of a key is refused')],
  41: [at('integration/bad-rows.test.ts', 'rows that no reader could read are refused by the table')],
  42: [at('cli/configuration.test.ts', 'secrets that others can see are warned about')],
  43: [
    at('cli/usage.test.ts', "'rate', '; rm', 'ada', '4'"),
    at('cli/roles.test.ts', 'a reader that goes away is no crash'),
  ],
  44: [
    at('security/supply-chain.test.ts', 'supply chain: every package of the lockfile is pinned by its content'),
    at('package/tarballs.test.ts', 'a host installs the tarballs'),
    at('package/tarballs.test.ts', 'the packages hold what runs, its types and sources, and nothing else'),
  ],
}
