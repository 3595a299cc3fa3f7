/** What is known of a server and of the way to it. */
export interface ServerIdentity {
  version: string
  /** Whether this process's connection to it is encrypted; null where a client of the host's own does not tell. */
  encrypted: boolean | null
  /** True where something in between, such as PgBouncer, hands the connection on to changing ones of its own. */
  pooled: boolean
  /** What keeps a server that answers from working; left out where nothing does. */
  trouble?: string
}

/** Asks a server who it is: for status pages and `doctor`. */
export interface ServerProbe {
  /** Rejects with `UNAVAILABLE` where it does not answer within a few seconds. */
  identify(): Promise<ServerIdentity>
}
