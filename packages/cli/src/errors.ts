/** Called in a way that cannot work: exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** A setting is wrong, missing, or not that of the deployment: exit code 3. The message names the key and the fix. */
export class ConfigurationError extends Error {
  override name = 'ConfigurationError'
}

/** Something the command needs cannot be reached: exit code 4. */
export class UnreachableError extends Error {
  override name = 'UnreachableError'
}

/** The command could not do what it was asked to, for a reason that needs no stack: exit code 1. */
export class CommandError extends Error {
  override name = 'CommandError'
}

/** The reason with which a run is aborted. */
export class Interrupted extends Error {
  override name = 'Interrupted'
  /** `SIGPIPE`: whoever read the output went away. */
  readonly signalName: 'SIGINT' | 'SIGTERM' | 'SIGPIPE'

  constructor(signalName: 'SIGINT' | 'SIGTERM' | 'SIGPIPE') {
    super(`Interrupted by ${signalName}`)
    this.signalName = signalName
  }
}
