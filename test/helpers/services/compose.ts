import { join } from 'node:path'
import { findCommand, runCommand } from './commands.ts'
import { checkoutId, projectDirectory } from './directories.ts'
import { freePorts } from './ports.ts'
import { type ServiceName, serviceNames } from './state.ts'

/** Name of the Compose project of this checkout's tests. */
export const composeProject = `post-rate-test-${checkoutId}`

/** Whether a Docker engine answers and has Compose. */
export function composeAnswers(): boolean {
  const docker = findCommand('docker')
  if (!docker) return false
  try {
    const version = runCommand(docker, ['info', '--format', '{{.ServerVersion}}'])
    runCommand(docker, ['compose', 'version'])
    return version.trim() !== ''
  } catch {
    return false
  }
}

/** Brings up the project's `docker-compose.yml` on ports of its own; resolves with the services' URLs. */
export async function composeUp(): Promise<Record<ServiceName, string>> {
  const [postgres, redis, kafka] = (await freePorts(3)) as [number, number, number]
  compose(['up', '--detach', '--wait', '--wait-timeout', '300', ...serviceNames], {
    POST_RATE_POSTGRES_PORT: String(postgres),
    POST_RATE_REDIS_PORT: String(redis),
    POST_RATE_KAFKA_PORT: String(kafka),
  })
  return {
    postgres: `postgres://post_rate:post_rate@127.0.0.1:${postgres}/post_rate`,
    redis: `redis://127.0.0.1:${redis}`,
    kafka: `127.0.0.1:${kafka}`,
  }
}

/** Ends the containers of a project and removes their volumes. */
export function composeDown(project: string): void {
  compose(['down', '--volumes', '--timeout', '10'], {}, project)
}

/** Whether all three containers run. */
export function composeIsUp(project: string): boolean {
  try {
    const running = compose(['ps', '--status', 'running', '--services'], {}, project).split('\n')
    return serviceNames.every((name) => running.includes(name))
  } catch {
    return false
  }
}

function compose(args: readonly string[], ports: NodeJS.ProcessEnv, project = composeProject): string {
  const file = join(projectDirectory, 'docker-compose.yml')
  return runCommand('docker', ['compose', '--project-name', project, '--file', file, ...args], {
    env: { ...process.env, ...ports },
  })
}
