// Loaded into every test process, so that `npx ava FILE` finds the services that `npm run services -- up` started.
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { noteTimeAtExit } from './run-tests/durations.ts'
import { findTools } from './run-tests/tools.ts'
import { compiledDirectory, projectDirectory } from './services/directories.ts'
import { environment } from './services/services.ts'

const { DATABASE_URL, REDIS_URL, KAFKA_BROKERS } = environment()
offer('TEST_DATABASE_URL', DATABASE_URL)
offer('TEST_REDIS_URL', REDIS_URL)
offer('TEST_KAFKA_BROKERS', KAFKA_BROKERS)
for (const [name, value] of Object.entries(findTools().environment)) offer(name, value)

const { TEST_TIMES_FILE: timesFile } = process.env
if (timesFile)
  noteTimeAtExit(relative(join(projectDirectory, compiledDirectory), fileURLToPath(test.meta.file)), timesFile)
// Test processes that this one starts are not files of the run.
delete process.env.TEST_TIMES_FILE

function offer(name: string, value: string | undefined): void {
  if (value !== undefined) process.env[name] ??= value
}
