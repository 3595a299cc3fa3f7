import type { Command } from 'commander'
import { columns, delimiter, dryRunOption, jsonOption, range, seconds, wholeNumber } from './arguments.ts'
import type { Go } from './go.ts'

/** The commands that look at the statistics, check them and make them anew. */
export function addStatsCommands(program: Command, go: Go): void {
  program
    .command('simulate')
    .argument('[scenario...]', 'scenarios, or policies with --replay; without any all of them')
    .description(
      'the display policies under attack and under honest change, or on recorded ratings, as a table and a plot; needs no database',
    )
    .option('--worlds <n>', 'posts that each scenario happens to', wholeNumber(2, 100_000), 200)
    .option('--seed <seed>', 'any text; the published figures are those of 1', '1')
    .option('--svg <file>', 'write the plot')
    .option('--tune', 'the constants of the guard, each changed by itself, on the other half of the worlds')
    .option(
      '--replay <file>',
      'recorded ratings: CSV or NDJSON with at,score and, optional, post, user, established and raid, such as an export; - is stdin',
    )
    .option(
      '--every <seconds>',
      'with --replay: between two points; each window when left out',
      wholeNumber(1, 31_536_000),
    )
    .option('--window <seconds>', 'with --replay: the display window', wholeNumber(1, 86_400), 300)
    .option('--post <id>', 'with --replay: the post; the one with the most ratings when left out')
    .option('--range <low:high>', 'with --replay: scale of the scores in the file, converted to 0-5 and rounded', range)
    .option('--delimiter <character>', 'with --replay: between the fields of CSV; detected when left out', delimiter)
    .option('--columns <pairs>', 'with --replay: columns of other names, as at=day,score=recommended', columns)
    .addOption(jsonOption())
    .action(
      go(async (context, only: string[] | undefined) =>
        context.flags.replay === undefined
          ? (await import('./commands/simulate.ts')).simulatePolicies(context, only ?? [])
          : (await import('./commands/simulate-replay.ts')).replayFile(context, only ?? []),
      ),
    )

  const stats = program.command('stats').description('live and displayed statistics, side by side; audit and repair')
  stats
    .command('show')
    .argument('<id...>', 'posts')
    .description('posts by their id')
    .addOption(jsonOption())
    .action(go(async (context, ids: string[]) => (await import('./commands/stats-show.ts')).showStats(context, ids)))
  stats
    .command('top')
    .description('the posts that rank highest')
    .option('--limit <n>', 'posts', wholeNumber(1, 100), 20)
    .addOption(jsonOption())
    .action(go(async (context) => (await import('./commands/stats-show.ts')).topStats(context)))
  stats
    .command('watch')
    .argument('[id...]', 'posts; without any the newest')
    .description('again and again; NDJSON with --json')
    .option('--interval <seconds>', 'between two looks', seconds, 2)
    .option('--times <n>', 'end after so many looks', wholeNumber(1, 1_000_000_000))
    .option('--limit <n>', 'posts without ids', wholeNumber(1, 100), 10)
    .addOption(jsonOption())
    .action(
      go(async (context, ids: string[] | undefined) =>
        (await import('./commands/stats-watch.ts')).watchStats(context, ids ?? []),
      ),
    )
  stats
    .command('rebuild')
    .argument('[id...]', 'posts; without any all of them')
    .description('recompute from the ratings, while everything runs; goes on where an earlier one was cut short')
    .addOption(dryRunOption('how many posts differ; exit code 5 when there is something to repair'))
    .option('--restart', 'begin anew')
    .addOption(jsonOption())
    .action(
      go(async (context, ids: string[] | undefined) =>
        (await import('./commands/stats-rebuild.ts')).rebuildStats(context, ids ?? []),
      ),
    )
  stats
    .command('verify')
    .argument('[id...]', 'posts; without any all of them')
    .description('compare ratings, statistics and Redis; exit code 5 when they differ')
    .option('--wait <seconds>', 'that lag gets to go before it is called drift', seconds, 10)
    .addOption(jsonOption())
    .action(
      go(async (context, ids: string[] | undefined) =>
        (await import('./commands/stats-verify.ts')).verifyStats(context, ids ?? []),
      ),
    )
}
