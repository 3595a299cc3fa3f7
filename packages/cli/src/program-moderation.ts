import { type Command, Option } from 'commander'
import { byOption, dryRunOption, jsonOption, wholeNumber, yesOption } from './arguments.ts'
import type { Go } from './go.ts'

/** The commands that take ratings out of the statistics, and back. */
export function addModerationCommands(program: Command, go: Go): void {
  const moderate = program
    .command('moderate')
    .description('take ratings out of the statistics, by period or by user, and back')
  const add = (action: 'exclude' | 'restore', description: string, from: Option) =>
    moderate
      .command(action)
      .argument('<post>', 'post')
      .description(description)
      .addOption(from)
      .option('--to <time>', 'its end, exclusive; now when left out')
      .addOption(
        new Option('--standing <standing>', 'only ratings of such raters').choices(['new', 'established', 'unknown']),
      )
      .requiredOption('--reason <text>', 'for the log')
      .addOption(byOption())
      .addOption(dryRunOption('how many ratings, and the average before and after'))
      .addOption(yesOption())
      .addOption(jsonOption())
      .action(
        go(async (context, post: string) => (await import('./commands/moderate.ts')).moderate(context, action, post)),
      )
  const time = "ISO 8601 or PostgreSQL's form (without a zone: UTC), or Unix seconds"
  const from = new Option('--from <time>', `begin of the period, inclusive: ${time}`).makeOptionMandatory()
  add('exclude', 'a period of ratings does not count any more; they are kept', from)
  add(
    'restore',
    'what was excluded counts again, unless another exclusion covers it',
    new Option('--from <time>', 'begin of the period as it was excluded; not needed where the post has one exclusion'),
  )
  moderate
    .command('list')
    .argument('[post]', 'post; all of them when left out')
    .description('what is or was excluded: who, when, why, how many')
    .addOption(jsonOption())
    .action(
      go(async (context, post: string | undefined) =>
        (await import('./commands/moderate.ts')).listExclusions(context, post),
      ),
    )
  addUserCommands(moderate, go)
}

function addUserCommands(moderate: Command, go: Go): void {
  const add = (action: 'exclude' | 'restore', description: string) =>
    moderate
      .command(`${action}-user`)
      .argument('[user...]', 'users')
      .description(description)
      .option('--file <file>', 'more users, one a line; - is stdin')
      .requiredOption('--reason <text>', 'for the log')
      .addOption(byOption())
      .addOption(dryRunOption('how many ratings of how many posts'))
      .addOption(yesOption())
      .addOption(jsonOption())
      .action(
        go(async (context, users: string[] | undefined) =>
          (await import('./commands/excluded-users.ts')).moderateUsers(context, action, users ?? []),
        ),
      )
  add('exclude', 'no rating of these users counts any more, nor a later one; the ratings are kept')
  add('restore', 'all ratings of these users count again, but for what is excluded by period')
  moderate
    .command('excluded-users')
    .description('users whose ratings do not count: who decided it, when and why')
    .option('--limit <n>', 'users', wholeNumber(1, 1_000), 100)
    .option('--after <id>', '`next` of the page before', wholeNumber(1, 999_999_999_999_999))
    .addOption(jsonOption())
    .action(go(async (context) => (await import('./commands/excluded-users.ts')).listExcludedUsers(context)))
}
