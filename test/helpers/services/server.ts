import { rm } from 'node:fs/promises'
import { isRunning, type ProcessHandle, stopProcess } from './processes.ts'

/** A server that this checkout started, as kept in the state file. */
export interface Server {
  /** A URL; for Kafka a comma-separated list of `host:port`. */
  url: string
  processes: ProcessHandle[]
  /** Data and logs, removed when the server is stopped. */
  directory: string
  /** How it is asked to end without waiting for its clients. */
  stopSignal: NodeJS.Signals
}

/** A server of several nodes; `processes[n]` is that of `nodes[n]`. */
export interface ClusterServer extends Server {
  nodes: readonly ClusterNode[]
}

export interface ClusterNode {
  /** A URL; for Kafka `host:port`. */
  url: string
  /** Starts it again after it has ended, on what it has on disk. */
  start: () => Promise<ProcessHandle>
}

/** Whether all of its processes still run. */
export function isUp(server: Server): boolean {
  return server.processes.every(isRunning)
}

/** Ends a server and removes its data. */
export async function stopServer(server: Server): Promise<void> {
  await Promise.all(server.processes.map((handle) => stopProcess(handle, server.stopSignal)))
  await rm(server.directory, { recursive: true, force: true, maxRetries: 5 })
}
