import { Argument, type Command, Option } from 'commander'
import { byOption, dryRunOption, jsonOption, pathPrefix, reasonOption, wholeNumber, yesOption } from './arguments.ts'
import type { Go } from './go.ts'

const port = wholeNumber(0, 65_535)
const quota = wholeNumber(1, 1_000_000)

/** The commands that set a deployment up and the ones that run as its parts. */
export function addRoleCommands(program: Command, go: Go): void {
  program
    .command('dev')
    .description('everything in one process, with demo posts and a page to click on')
    .option('--port <port>', 'default 3000, or a free one where that is taken', port)
    .action(go(async (context) => (await import('./commands/dev.ts')).dev(context)))

  const migrate = program.command('migrate').description('bring the schema up to date, or show where it stands')
  migrate
    .command('up', { isDefault: true })
    .description('apply what is pending (the default)')
    .addOption(new Option('--posts <where>', 'whose table the posts are in').choices(['own', 'external']))
    .addOption(dryRunOption('what is pending'))
    .addOption(jsonOption())
    .action(go(async (context) => (await import('./commands/migrate.ts')).migrateUp(context)))
  migrate
    .command('status')
    .description('list the migrations')
    .addOption(jsonOption())
    .action(go(async (context) => (await import('./commands/migrate.ts')).migrateStatus(context)))

  const settings = program
    .command('settings')
    .description("show or change the deployment's display policy, spike guard, window and prior")
  settings
    .command('show', { isDefault: true })
    .description('the settings in force (the default)')
    .addOption(jsonOption())
    .action(go(async (context) => (await import('./commands/settings.ts')).showSettings(context)))
  settings
    .command('set')
    .addArgument(
      new Argument('<key>', 'what to change').choices([
        'display',
        'spike-guard',
        'spikeGuard',
        'window',
        'prior',
        'min-count',
        'shards',
        'audit',
        'publishExclusions',
        'quarantine',
        'releaseAfterHours',
      ]),
    )
    .argument(
      '<value>',
      'guard | freeze | live, off or the stars a day, seconds, WEIGHT:MEAN, ratings, relay shards, off or the hours of a whole audit, on or off, off | new | all, hours',
    )
    .description('change one; it shows after what readers were promised by nextUpdateAt')
    .addOption(dryRunOption('the value before and after'))
    .addOption(reasonOption())
    .addOption(byOption())
    .addOption(yesOption())
    .addOption(jsonOption())
    .action(
      go(async (context, key: string, value: string) =>
        (await import('./commands/settings.ts')).changeSetting(context, key, value),
      ),
    )

  program
    .command('serve')
    .description('the API with /livez, /readyz and /metrics, and the relay')
    .option('--port <port>', 'port, 0 for a free one', port, 3000)
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .option('--auth <how>', 'header:NAME behind a trusted proxy that sets it, or jwt')
    .option('--jwks <url>', 'keys for --auth jwt; without it POST_RATE_JWT_SECRET (HS256) is wanted')
    .option('--jwt-issuer <issuer>', 'refuse tokens of others')
    .option('--jwt-audience <audience>', 'refuse tokens for others')
    .option('--jwt-allow-no-exp', 'accept tokens without exp, which never expire')
    .option('--prefix <path>', 'path under which the API stands', pathPrefix, '/')
    .option('--public-path <path>', 'path of the API before a proxy that strips a prefix', pathPrefix)
    .option('--no-relay', 'leave the relay to another process')
    .option('--no-create', 'users may not create posts')
    .option('--rate-limit <n>', 'writes per minute and user (POST_RATE_RATE_LIMIT)', quota)
    .option('--rate-limit-per-address <n>', 'requests per minute and address', quota)
    .option('--trust-proxy <n|addresses>', 'whose X-Forwarded-For tells the address')
    .action(go(async (context) => (await import('./commands/serve.ts')).serve(context)))

  addOpsOptions(program.command('relay'))
    .description('fold ratings into statistics and publish them')
    .action(go(async (context) => (await import('./commands/relay.ts')).relay(context)))

  addOpsOptions(program.command('consumer'))
    .description('apply the changes on Kafka to Redis')
    .option('--once', 'apply what is there, then end')
    .action(go(async (context) => (await import('./commands/consumer.ts')).consumer(context)))

  program
    .command('doctor')
    .description('each dependency, versions, schema, clock and lag, with what to do')
    .addOption(jsonOption())
    .action(go(async (context) => (await import('./commands/doctor.ts')).doctor(context)))

  program
    .command('tui')
    .description('the dashboard in the terminal')
    .action(go(async (context) => (await import('./commands/tui.ts')).tui(context)))
}

/** A role without an API of its own serves the operational endpoints only where it is told to. */
function addOpsOptions(command: Command): Command {
  return command
    .option('--port <port>', 'serve /livez, /readyz and /metrics there, 0 for a free one', port)
    .option('--host <host>', 'address to listen on', '127.0.0.1')
}
