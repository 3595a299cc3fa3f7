import type { Logger, PostRate, Roles } from 'post-rate'
import type { Configuration, Flags } from './configuration.ts'
import { ConfigurationError, Interrupted } from './errors.ts'
import type { Io } from './io.ts'
import { streamLogger } from './logger.ts'
import { Talk } from './talk.ts'

export interface OpenOptions {
  /** Makes the embedded database where there is none. */
  create?: boolean
  /** `false`: a schema that does not fit, or other settings, are the command's own business. Default true. */
  check?: boolean
  /** The roles to start. */
  roles?: Roles
  /** Tells also what is no trouble: for roles, which run for long. */
  verbose?: boolean
  /** Default: on stderr. */
  logger?: Logger
}

/** What a command has at hand. It opens what it needs; `run` closes everything behind it. */
export class Context {
  readonly io: Io
  readonly flags: Flags
  readonly talk: Talk
  /** Aborted with {@link Interrupted} when the command shall finish what is in hand and end. */
  readonly signal: AbortSignal
  readonly #closers: (() => Promise<unknown>)[] = []
  #configuration: Promise<Configuration> | undefined

  constructor(io: Io, flags: Flags) {
    this.io = io
    this.flags = flags
    this.talk = new Talk(io, { json: flags.json === true, color: flags.color !== false })
    this.signal = io.signal ?? new AbortController().signal
  }

  configuration(): Promise<Configuration> {
    this.#configuration ??= this.#read()
    return this.#configuration
  }

  /** The library on the configured database, or on the embedded one. Says on stderr which one it is. */
  async open(options: OpenOptions = {}): Promise<PostRate> {
    const [configuration, { createPostRate }, { optionsOf, withoutPassword }] = await Promise.all([
      this.configuration(),
      import('post-rate'),
      import('./configuration.ts'),
    ])
    const database = configuration.database ?? (await this.#joinEmbedded(options.create ?? false))
    if (configuration.database !== undefined) this.talk.note(`Database: ${withoutPassword(configuration.database)}`)
    this.signal.throwIfAborted()
    const logger = options.logger ?? streamLogger(this.io.stderr, options.verbose ?? false)
    const postRate = await asConfiguration(async () =>
      createPostRate({ database, logger, ...optionsOf(configuration) }),
    )
    this.onClose(() => postRate.close())
    if (options.check !== false) await this.start(postRate, options.roles)
    return postRate
  }

  /** Starts roles, or with none only checks the schema and that this process believes in the deployment's settings. */
  async start(postRate: PostRate, roles: Roles = {}): Promise<void> {
    await asConfiguration(() => postRate.start(roles))
  }

  /** Called when the command has ended, the newest first. */
  onClose(work: () => Promise<unknown>): void {
    this.#closers.push(work)
  }

  async close(): Promise<void> {
    for (let work = this.#closers.pop(); work !== undefined; work = this.#closers.pop()) await work()
  }

  /** Resolves when the run is told to stop: what a role does after it has started. */
  async stopped(): Promise<Interrupted> {
    if (!this.signal.aborted)
      await new Promise<void>((resolve) => {
        // A signal alone does not keep the process alive.
        const timer = setInterval(() => {}, 2 ** 30)
        const stop = () => {
          clearInterval(timer)
          resolve()
        }
        this.signal.addEventListener('abort', stop, { once: true })
      })
    return this.signal.reason instanceof Interrupted ? this.signal.reason : new Interrupted('SIGTERM')
  }

  // What `--help` does not need is loaded here: the library brings its drivers with it.
  async #read(): Promise<Configuration> {
    const { readConfiguration } = await import('./configuration.ts')
    const configuration = await readConfiguration(this.flags, this.io)
    for (const warning of configuration.warnings) this.talk.note(`Warning: ${warning}`)
    return configuration
  }

  async #joinEmbedded(create: boolean): Promise<string> {
    const { joinEmbeddedDatabase } = await import('./embedded-database.ts')
    const onProgress = (message: string) => this.talk.note(message)
    const embedded = await joinEmbeddedDatabase(this.io.cwd, { create, onProgress })
    this.onClose(embedded.leave)
    this.talk.note(`Database: ${embedded.description}`)
    return embedded.url
  }
}

/** Input that the library refuses at its start came from the configuration. */
async function asConfiguration<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const { isPostRateError } = await import('post-rate')
    if (!isPostRateError(error) || error.code !== 'INVALID_INPUT') throw error
    throw new ConfigurationError(withVariable(error.message), { cause: error })
  }
}

/** The library speaks of `display`, the user wrote `POST_RATE_DISPLAY`. */
function withVariable(message: string): string {
  return message.replace(/^(display|window|prior|spike-guard|min-count): /, (_, key: string) => {
    const variable = key === 'window' ? 'POST_RATE_WINDOW_SECONDS' : `POST_RATE_${key.toUpperCase().replace('-', '_')}`
    return `${key} (${variable}): `
  })
}
