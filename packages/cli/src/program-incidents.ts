import { type Command, Option } from 'commander'
import type { IncidentState } from 'post-rate'
import { byOption, dryRunOption, jsonOption, wholeNumber, yesOption } from './arguments.ts'
import type { Go } from './go.ts'

/** Not imported as a value: help does not load the library. */
const incidentStates: readonly IncidentState[] = ['open', 'released', 'excluded', 'expired']

/** The commands about incidents. */
export function addIncidentCommands(program: Command, go: Go): void {
  const id = wholeNumber(1, 999_999_999_999_999)
  const incidents = program
    .command('incidents')
    .description('rushes of ratings that armed the spike guard, and what people decide about them')
  incidents
    .command('list', { isDefault: true })
    .description('the newest first (the default)')
    .addOption(new Option('--state <state>', 'only of this state').choices(incidentStates))
    .option('--post <post>', 'only of this post')
    .option('--limit <n>', 'incidents', wholeNumber(1, 100), 20)
    .option('--after <id>', '`next` of the page before', id)
    .addOption(jsonOption())
    .action(go(async (context) => (await import('./commands/incidents.ts')).listIncidents(context)))
  incidents
    .command('show')
    .argument('<incident>', 'incident', id)
    .description('when, how many, which scores, what the average was, who decided')
    .addOption(jsonOption())
    .action(
      go(async (context, incident: number) =>
        (await import('./commands/incidents.ts')).showIncident(context, incident),
      ),
    )
  const add = (action: 'release' | 'exclude', description: string, ...options: Option[]) => {
    const command = incidents.command(action).argument('<incident>', 'incident', id).description(description)
    for (const option of options) command.addOption(option)
    command
      .requiredOption('--reason <text>', 'for the log')
      .addOption(byOption())
      .addOption(dryRunOption('how many ratings; count, average and rank before and after'))
      .addOption(yesOption())
      .addOption(jsonOption())
      .action(
        go(async (context, incident: number) =>
          (await import('./commands/incidents.ts')).decideIncident(context, action, incident),
        ),
      )
  }
  add('release', 'its ratings count: the post shows its true average at the next update')
  add(
    'exclude',
    'its ratings do not count any more; `moderate restore` brings them back. Again: what has come since',
    new Option('--standing <standing>', 'only ratings of these accounts').choices(['new', 'established', 'unknown']),
  )
}
