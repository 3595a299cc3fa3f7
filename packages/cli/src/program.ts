import { readFileSync } from 'node:fs'
import { Argument, Command } from 'commander'
import { addExamples } from './examples.ts'
import type { CommandWork, Go } from './go.ts'
import type { Io } from './io.ts'
import { withoutPasswords } from './passwords.ts'
import { addDataCommands } from './program-data.ts'
import { addRoleCommands } from './program-roles.ts'
import { addStatsCommands } from './program-stats.ts'

/** The command line, without any command's code: that is loaded when the command is run. */
export function createProgram(io: Io, setExitCode: (code: number) => void): Command {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  const program = new Command('post-rate')
    .description('Rates posts 0-5, exactly, with a display that spikes cannot swing.')
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(withoutPasswords(text)),
      getOutHelpWidth: () => io.stdout.columns ?? 100,
      getErrHelpWidth: () => io.stderr.columns ?? 100,
    })
    .showHelpAfterError('Run `post-rate --help` or `post-rate help COMMAND`.')
    .option('--no-color', 'no colours, also on a terminal')
    .option('--database <url>', 'PostgreSQL (DATABASE_URL); without it the embedded one in .post-rate/')
    .option('--redis <url>', 'Redis (REDIS_URL)')
    .option('--kafka <brokers>', 'Kafka, HOST:PORT,… (KAFKA_BROKERS)')
    .option('--schema <name>', 'PostgreSQL schema (POST_RATE_SCHEMA)')
    .option('--topic <name>', 'Kafka topic (POST_RATE_TOPIC)')
    .option('--group <name>', 'consumer group (POST_RATE_GROUP)')
    .option('--redis-prefix <prefix>', 'prefix of the Redis keys (POST_RATE_REDIS_PREFIX)')
    .addHelpText(
      'after',
      '\nEncryption and logins: sslmode and sslrootcert in DATABASE_URL, rediss:// with POST_RATE_REDIS_CA, _CERT and _KEY,\nPOST_RATE_KAFKA_SSL, _CA, _CERT, _KEY, _USERNAME, _PASSWORD and _MECHANISM (plain, scram-sha-256, scram-sha-512).\n\nExit codes: 0 done, 1 failed, 2 usage, 3 configuration, 4 a dependency cannot be reached,\n5 drift found, 6 schema mismatch, 130 interrupted.',
    )
  const go: Go =
    <Operands extends unknown[]>(work: CommandWork<Operands>) =>
    async (...args: unknown[]) => {
      const command = args.at(-1) as Command
      const { Context } = await import('./context.ts')
      const context = new Context(io, command.optsWithGlobals())
      try {
        // Commander adds the options and the command behind the operands.
        setExitCode((await work(context, ...(args.slice(0, -2) as Operands))) ?? 0)
      } finally {
        await context.close()
      }
    }
  addRoleCommands(program, go)
  addDataCommands(program, go)
  addStatsCommands(program, go)
  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'whose script to print').choices(['bash', 'zsh', 'fish']))
    .description('make a shell complete commands, options and their values')
    .action(
      go(async (context, shell: 'bash' | 'zsh' | 'fish') =>
        (await import('./commands/completion.ts')).completion(context, program, shell),
      ),
    )
  addExamples(program)
  return program
}
