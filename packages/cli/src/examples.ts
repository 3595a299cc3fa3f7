import type { Command } from 'commander'
import { commandsOf } from './command-tree.ts'

/** How each command is used, by its path. Its help and REFERENCE.md show them. */
export const examples: Readonly<Record<string, readonly string[]>> = {
  '': ['post-rate dev', 'DATABASE_URL=postgres://db/blog post-rate doctor'],
  dev: ['post-rate dev', 'post-rate dev --port 8080'],
  migrate: ['post-rate migrate', 'post-rate migrate status'],
  'migrate up': ['post-rate migrate up --dry-run', 'post-rate migrate up', 'post-rate migrate up --posts external'],
  'migrate status': ['post-rate migrate status'],
  settings: ['post-rate settings', 'post-rate settings set window 600'],
  'settings show': ['post-rate settings show --json'],
  'settings set': [
    'post-rate settings set display freeze --dry-run',
    'post-rate settings set prior 20:3',
    'post-rate settings set shards 4',
    'post-rate settings set publishExclusions off',
    'post-rate settings set quarantine new',
  ],
  serve: [
    'post-rate serve --auth header:X-User --host 0.0.0.0 --no-relay',
    'post-rate serve --auth jwt --jwks https://login.example/jwks --jwt-audience blog --prefix /api',
  ],
  relay: ['post-rate relay', 'post-rate relay --port 9100'],
  consumer: ['post-rate consumer --port 9101', 'post-rate consumer --once'],
  doctor: ['post-rate doctor', 'post-rate doctor --json'],
  tui: ['post-rate tui'],
  completion: [
    'source <(post-rate completion bash)',
    'post-rate completion zsh > ~/.zfunc/_post-rate',
    'post-rate completion fish > ~/.config/fish/completions/post-rate.fish',
  ],
  seed: ['post-rate seed', 'post-rate seed --posts 1000 --users 500 --ratings 50000 --seed mine'],
  import: [
    'post-rate import ratings.csv --create-posts',
    'post-rate import ratings.csv --range 0.5:5 --columns post=movieId --errors bad.csv',
    'zcat ratings.ndjson.gz | post-rate import -',
  ],
  export: ['post-rate export ratings.csv', 'post-rate export - --format ndjson | gzip > ratings.ndjson.gz'],
  posts: ['post-rate posts list', 'post-rate posts delete 17 --dry-run'],
  'posts list': ['post-rate posts list --sort top --limit 50', 'post-rate posts list --user ada --json'],
  'posts history': [
    'post-rate posts history 17',
    'post-rate posts history 17 --unit hour --from 2026-05-04 --to 2026-05-05 --json',
  ],
  'posts create': ["post-rate posts create --title Bread --content 'Flour, water, salt.' --by ada"],
  'posts delete': ['post-rate posts delete 17 --dry-run', 'post-rate posts delete 17 --yes'],
  rate: ['post-rate rate 17 ada 4'],
  users: ['post-rate users erase ada --dry-run'],
  'users erase': ['post-rate users erase ada --dry-run', 'post-rate users erase ada --yes'],
  moderate: ['post-rate moderate list', 'post-rate moderate restore 17 --reason "no raid"'],
  'moderate exclude': [
    'post-rate moderate exclude 17 --from 2026-05-04T12:00Z --to 2026-05-04T13:00Z --reason raid --dry-run',
    'post-rate moderate exclude 17 --from 2026-05-04T12:00Z --standing new --reason raid --yes',
  ],
  'moderate exclude-user': [
    'post-rate moderate exclude-user rai --reason "throwaway account" --dry-run',
    'post-rate moderate exclude-user --file users.txt --reason "a raid" --yes',
  ],
  'moderate restore-user': ['post-rate moderate restore-user rai --reason "an error"'],
  'moderate excluded-users': ['post-rate moderate excluded-users --json'],
  'moderate restore': ['post-rate moderate restore 17 --reason "no raid" --dry-run'],
  'moderate list': ['post-rate moderate list', 'post-rate moderate list 17 --json'],
  audit: ['post-rate audit', 'post-rate audit --limit 20 --json'],
  guard: ['post-rate guard status', 'post-rate guard release 17'],
  'guard status': ['post-rate guard status --limit 10'],
  'guard release': ['post-rate guard release 17 --dry-run', 'post-rate guard release 17 --reason "a link in the news"'],
  incidents: ['post-rate incidents list --state open', 'post-rate incidents show 3'],
  'incidents list': ['post-rate incidents list --state open', 'post-rate incidents list --post 17 --json'],
  'incidents show': ['post-rate incidents show 3', 'post-rate incidents show 3 --json'],
  'incidents release': ['post-rate incidents release 3 --reason "a link in the news"'],
  'incidents exclude': [
    'post-rate incidents exclude 3 --reason raid --dry-run',
    'post-rate incidents exclude 3 --reason raid --yes',
  ],
  simulate: [
    'post-rate simulate',
    'post-rate simulate raid-on-200 --worlds 50 --svg raid.svg',
    'post-rate simulate --replay ratings.csv --post 17 --svg post-17.svg',
    'post-rate simulate freeze guard --replay reviews.csv --range 0:10 --every 3600 --json',
  ],
  stats: ['post-rate stats show 17', 'post-rate stats verify'],
  'stats show': ['post-rate stats show 17 18', 'post-rate stats show 17 --json'],
  'stats top': ['post-rate stats top --limit 50'],
  'stats watch': ['post-rate stats watch 17 18', 'post-rate stats watch --interval 5 --times 12 --json'],
  'stats rebuild': ['post-rate stats rebuild --dry-run', 'post-rate stats rebuild', 'post-rate stats rebuild 17 18'],
  'stats verify': ['post-rate stats verify', 'post-rate stats verify 17 --wait 0 --json'],
}

const everywhere = 'For all commands: --database, --redis, --kafka, … and the exit codes, `post-rate --help`.'

/** Gives every command its examples, and its mistakes the help that fits. */
export function addExamples(program: Command): void {
  for (const { path, command } of commandsOf(program)) {
    const lines = (examples[path] ?? []).map((line) => `\n  ${line}`).join('')
    command.addHelpText('after', `\nExamples:${lines}${path === '' ? '' : `\n\n${everywhere}`}`)
    if (path !== '') command.showHelpAfterError(`Run \`post-rate ${path} --help\`.`)
  }
}
