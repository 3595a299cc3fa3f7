import { createRequire } from 'node:module'
import pg from 'pg'
import type { Options, Sequelize } from 'sequelize'
import type { PostRateOptions } from '../../options.ts'
import { isPool, isSequelize, poolConfig } from './postgres-pool.ts'

// Sequelize is CommonJS and slow to load; processes that read no post and migrate nothing never pay for it.
const require = createRequire(import.meta.url)

/** The Sequelize instance for posts and migrations: the host's own, or one on the same database. Connects at first use. */
export class SequelizeClient {
  readonly #option: PostRateOptions['database']
  #own: Sequelize | undefined

  constructor(database: PostRateOptions['database']) {
    this.#option = database
  }

  get sequelize(): Sequelize {
    if (isSequelize(this.#option)) return this.#option as unknown as Sequelize
    this.#own ??= this.#open()
    return this.#own
  }

  /** Sequelize's classes, of the host's own copy where the instance is the host's. */
  get module(): typeof import('sequelize') {
    return isSequelize(this.#option)
      ? ((this.#option as unknown as Sequelize).constructor as unknown as typeof import('sequelize'))
      : (require('sequelize') as typeof import('sequelize'))
  }

  async close(): Promise<void> {
    await this.#own?.close()
    this.#own = undefined
  }

  #open(): Sequelize {
    // pg resolves URL, sslmode and defaults; Sequelize would drop sslmode, and with it the encryption.
    const config: pg.PoolConfig = isPool(this.#option)
      ? (this.#option as unknown as pg.Pool).options
      : poolConfig(this.#option as string | pg.PoolConfig)
    const { host, port, user, password, database, ssl } = new pg.Client(config) as pg.Client & {
      ssl: pg.ClientConfig['ssl']
    }
    const options: Options = {
      dialect: 'postgres',
      dialectModule: pg,
      host,
      port,
      username: user ?? '',
      password: typeof password === 'string' ? password : '',
      database: database ?? '',
      logging: false,
      pool: { max: 4, idle: 10_000, acquire: 5_000 },
      dialectOptions: {
        application_name: 'post-rate',
        keepAlive: true,
        // Sequelize would set it for its session, which behind a transaction pooler is somebody else's next.
        clientMinMessages: 'ignore',
        ...(ssl ? { ssl: withKey(ssl) } : {}),
      },
    }
    const instance = new this.module.Sequelize(options)
    // A password that is made anew for each connection, as cloud providers do it.
    if (typeof password === 'function')
      instance.addHook('beforeConnect', async (config) => {
        ;(config as { password?: string }).password = await (password as () => string | Promise<string>)()
      })
    return instance
  }
}

/** pg hides the private key from being listed, and Sequelize copies what is listed: without this it would be lost. */
function withKey(ssl: NonNullable<pg.ClientConfig['ssl']>): pg.ClientConfig['ssl'] {
  return typeof ssl === 'object' && ssl.key !== undefined ? { ...ssl, key: ssl.key } : ssl
}
