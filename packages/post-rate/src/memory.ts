import { memoryPorts } from './adapters/memory/memory-ports.ts'
import { MemoryRecord } from './adapters/memory/memory-record.ts'
import type { PostRate } from './api.ts'
import { createPostRate } from './create-post-rate.ts'
import { checkDisplaySettings, defaultDisplaySettings, readDisplayOptions } from './domain/settings.ts'
import type { PostRateOptions } from './options.ts'

/** What a host's tests may set; the rest belongs to servers. */
export type MemoryOptions = Pick<PostRateOptions, 'display' | 'hooks' | 'logger' | 'recentDays'>

/**
 * The library over a record in memory, for tests of a host: the same services, no server, gone with the process. It rates,
 * lists and counts as on PostgreSQL. SQL of the host's own does not reach it, and `status` says that PostgreSQL is away.
 */
export function createMemoryPostRate({ display, ...options }: MemoryOptions = {}): PostRate {
  const settings = checkDisplaySettings({ ...defaultDisplaySettings, ...readDisplayOptions(display) })
  const overrides = memoryPorts(new MemoryRecord({ settings }))
  return createPostRate({ ...options, database: 'postgres://in-memory.invalid/none', textMaxAgeMs: 0, overrides })
}
