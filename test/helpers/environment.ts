// Loaded into every test process, so that `npx ava FILE` finds the services that `npm run services -- up` started.
import { findTools } from './run-tests/tools.ts'
import { environment } from './services/services.ts'

const { DATABASE_URL, REDIS_URL, KAFKA_BROKERS } = environment()
offer('TEST_DATABASE_URL', DATABASE_URL)
offer('TEST_REDIS_URL', REDIS_URL)
offer('TEST_KAFKA_BROKERS', KAFKA_BROKERS)
for (const [name, value] of Object.entries(findTools().environment)) offer(name, value)

function offer(name: string, value: string | undefined): void {
  if (value !== undefined) process.env[name] ??= value
}
