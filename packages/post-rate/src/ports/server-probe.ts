/** Asks a server who it is: for status pages and `doctor`. */
export interface ServerProbe {
  /** The server's version; rejects with `UNAVAILABLE` where it does not answer within a few seconds. */
  version(): Promise<string>
}
