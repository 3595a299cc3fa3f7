import { type Command, Option } from 'commander'
import {
  byOption,
  columns,
  delimiter,
  dryRunOption,
  jsonOption,
  range,
  reasonOption,
  score,
  wholeNumber,
  yesOption,
} from './arguments.ts'
import type { Go } from './go.ts'
import { addIncidentCommands } from './program-incidents.ts'
import { addModerationCommands } from './program-moderation.ts'

const count = wholeNumber(0, 10_000_000)

/** The commands that bring data in and out, one or many. */
export function addDataCommands(program: Command, go: Go): void {
  program
    .command('seed')
    .description('demo data through the real write path; the same seed gives the same data')
    .option('--posts <n>', 'posts', wholeNumber(1, 1_000_000), 100)
    .option('--users <n>', 'users', wholeNumber(1, 10_000_000), 200)
    .option('--ratings <n>', 'ratings', count, 2000)
    .option('--seed <seed>', 'any text', '1')
    .option('--yes', 'also into a database that has posts already')
    .addOption(jsonOption())
    .action(go(async (context) => (await import('./commands/seed.ts')).seed(context)))

  program
    .command('import')
    .argument('<file>', 'CSV with a header, NDJSON or a JSON array; UTF-8 or UTF-16, also gzip; - is stdin')
    .description(
      'ratings as post,user,score,ratedAt and, optional, excluded and established; idempotent: run it again to go on. Exit code 1 when records were rejected',
    )
    .option('--create-posts', 'make missing posts under the ids of the file')
    .option('--delimiter <character>', 'between the fields of CSV; detected when left out', delimiter)
    .option('--columns <pairs>', 'columns of other names, as user=userId,post=movieId', columns)
    .option('--range <low:high>', 'scale of the scores in the file, converted to 0-5 and rounded', range)
    .option('--errors <file>', 'write every rejected record to this file, as record,line,message')
    .option('--force', 'overwrite the file of --errors')
    .addOption(jsonOption())
    .action(go(async (context, file: string) => (await import('./commands/import.ts')).importFile(context, file)))

  program
    .command('export')
    .argument('<file>', 'CSV, or NDJSON for .ndjson and .jsonl; - is stdout')
    .description('all ratings as post,user,score,ratedAt,excluded,established; a FIFO or a device is written through')
    .option('--counted-only', 'leave out excluded ratings, and the columns excluded and established')
    .option('--force', 'overwrite FILE; it keeps its mode and owner')
    .addOption(new Option('--format <format>', 'instead of what the name says').choices(['csv', 'ndjson']))
    .option('--escape-formulas', "for spreadsheets: put ' before a user that reads as a formula (not for import)")
    .action(go(async (context, file: string) => (await import('./commands/export.ts')).exportFile(context, file)))

  const posts = program.command('posts').description('list, create and delete posts')
  posts
    .command('list')
    .description('one page of posts as readers see them')
    .option('--limit <n>', 'posts', wholeNumber(1, 100), 20)
    .addOption(new Option('--sort <sort>', 'order').choices(['newest', 'top']).default('newest'))
    .option('--after <cursor>', '`next` of the page before')
    .option('--user <user>', 'whose own scores to add')
    .addOption(jsonOption())
    .action(go(async (context) => (await import('./commands/posts.ts')).listPosts(context)))
  posts
    .command('history')
    .argument('<id>', 'post')
    .description("a post's standing ratings by day or hour, UTC, those that do not count apart; the newest 400")
    .addOption(new Option('--unit <unit>', 'length of a line').choices(['day', 'hour']).default('day'))
    .option('--from <time>', 'begin, inclusive: ISO 8601, without a zone UTC')
    .option('--to <time>', 'end, exclusive')
    .addOption(jsonOption())
    .action(go(async (context, id: string) => (await import('./commands/posts-history.ts')).showHistory(context, id)))
  posts
    .command('create')
    .description('create a post')
    .requiredOption('--title <title>', 'title')
    .requiredOption('--content <content>', 'text')
    .requiredOption('--by <user>', 'its author')
    .addOption(jsonOption())
    .action(go(async (context) => (await import('./commands/posts.ts')).createPost(context)))
  posts
    .command('delete')
    .argument('<id>', 'post')
    .description('delete a post with its ratings')
    .addOption(dryRunOption('which post, and how many ratings'))
    .addOption(reasonOption())
    .addOption(byOption())
    .addOption(yesOption())
    .addOption(jsonOption())
    .action(go(async (context, id: string) => (await import('./commands/posts.ts')).deletePost(context, id)))

  program
    .command('rate')
    .argument('<post>', 'post')
    .argument('<user>', 'who rates')
    .argument('<score>', '0-5', score)
    .description('rate a post as a user')
    .option('--established', 'the account is established; stored for moderation')
    .addOption(new Option('--new', 'the account is new; stored for moderation').conflicts('established'))
    .addOption(jsonOption())
    .action(
      go(async (context, post: string, user: string, points: number) =>
        (await import('./commands/rate.ts')).rate(context, post, user, points),
      ),
    )

  const users = program.command('users').description('what only an administrator may do to users')
  users
    .command('erase')
    .argument('<user>', 'user')
    .description('withdraw everything a user rated')
    .addOption(dryRunOption('how many ratings'))
    .addOption(reasonOption())
    .addOption(byOption())
    .addOption(yesOption())
    .addOption(jsonOption())
    .action(go(async (context, user: string) => (await import('./commands/users.ts')).eraseUser(context, user)))

  addModerationCommands(program, go)
  addGuardCommands(program, go)
  addIncidentCommands(program, go)
  program
    .command('audit')
    .description('decisions of administrators: who, when, what, why, and what came of it')
    .option('--limit <n>', 'entries', wholeNumber(1, 1_000), 100)
    .option('--before <id>', 'only older entries than this one', wholeNumber(1, 999_999_999_999_999))
    .addOption(jsonOption())
    .action(go(async (context) => (await import('./commands/audit.ts')).listAudit(context)))
}

function addGuardCommands(program: Command, go: Go): void {
  const guard = program.command('guard').description('posts whose average the spike guard holds back')
  guard
    .command('status', { isDefault: true })
    .description('which, how far and since when; the widest gap first (the default)')
    .option('--limit <n>', 'posts', wholeNumber(1, 1_000), 100)
    .addOption(jsonOption())
    .action(go(async (context) => (await import('./commands/guard.ts')).guardStatus(context)))
  guard
    .command('release')
    .argument('<post>', 'post')
    .description('show the true average at the next update, and leave the post alone until its arrivals are normal')
    .addOption(dryRunOption('the average before and after'))
    .addOption(reasonOption())
    .addOption(byOption())
    .addOption(yesOption())
    .addOption(jsonOption())
    .action(go(async (context, post: string) => (await import('./commands/guard.ts')).releasePost(context, post)))
}
