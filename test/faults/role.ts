import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, readFileSync, type WriteStream } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { eventually } from '../helpers/eventually.ts'
import { projectDirectory } from '../helpers/services/directories.ts'

const launcher = fileURLToPath(new URL('../../bin/post-rate.js', import.meta.url))
const restartAfterMs = 500

export interface RoleOptions {
  name: string
  /** Arguments of `post-rate`; or the whole command line of `node` with `script: true`. */
  args: readonly string[]
  script?: boolean
  env: Record<string, string>
  logDirectory: string
}

/** How a process ended, and whether somebody wanted it to. */
export interface Ending {
  code: number | NodeJS.Signals
  wanted: boolean
  at: number
}

/** A role as a process of its own; like a service manager it starts the process again when it has ended. */
export class Role {
  readonly name: string
  readonly logFile: string
  readonly endings: Ending[] = []
  /** Command lines of the process as `/proc` shows them. */
  readonly commandLines = new Set<string>()
  /** Resident memory in MiB over time. */
  readonly memory: { at: number; mib: number }[] = []
  readonly #options: RoleOptions
  readonly #log: WriteStream
  #child: ChildProcess | null = null
  #supervised = false
  #killing = false
  #output = ''

  constructor(options: RoleOptions) {
    this.name = options.name
    this.#options = options
    this.logFile = join(options.logDirectory, `${options.name}.log`)
    this.#log = createWriteStream(this.logFile, { flags: 'a' })
  }

  get pid(): number | undefined {
    return this.running ? this.#child?.pid : undefined
  }

  get running(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** What the present process has said, its last 100 kB. */
  get output(): string {
    return this.#output
  }

  /** Starts it, supervised from now on. `env` and `nodeArgs` are for this start and those after it. */
  start({ env = {}, nodeArgs = [] }: { env?: Record<string, string>; nodeArgs?: readonly string[] } = {}): void {
    this.#supervised = true
    // Two who start it at once must not leave a process behind that nobody ends.
    if (this.running) return
    const { args, script } = this.#options
    const command = script ? args : [launcher, ...args]
    const child = spawn(process.execPath, [...nodeArgs, ...command], {
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...this.#options.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A script finds its packages from here; a command finds no configuration file there.
      cwd: script ? projectDirectory : this.#options.logDirectory,
    })
    this.#child = child
    this.#output = ''
    const hear = (chunk: Buffer) => {
      this.#output = (this.#output + chunk).slice(-100_000)
      this.#log.write(chunk)
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
    child.on('close', (code, signal) => {
      this.endings.push({ code: code ?? (signal as NodeJS.Signals), wanted: this.#killing, at: Date.now() })
      this.#killing = false
      if (this.#supervised && this.#child === child)
        setTimeout(() => this.#supervised && this.#child === child && this.start({ env, nodeArgs }), restartAfterMs)
    })
  }

  /** Waits until the present process says so. */
  says(pattern: RegExp, timeout = 60_000): Promise<RegExpExecArray> {
    return eventually(() => pattern.exec(this.#output), { timeout, message: `${this.name} did not say ${pattern}` })
  }

  /** SIGKILL; the service manager starts it again. */
  kill(): void {
    this.signal('SIGKILL')
  }

  signal(name: NodeJS.Signals): void {
    if (!this.running) return
    if (name === 'SIGKILL' || name === 'SIGTERM' || name === 'SIGINT') this.#killing = true
    this.#child?.kill(name)
  }

  /** Ends it for good, or until it is started again. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#supervised = false
    const child = this.#child
    if (child === null) return
    if (this.running) {
      const closed = new Promise((resolve) => child.once('close', resolve))
      this.#killing = true
      child.kill('SIGCONT')
      child.kill(signal)
      const impatient = setTimeout(() => child.kill('SIGKILL'), 30_000)
      await closed
      clearTimeout(impatient)
    }
  }

  /** Ends it and starts it with other surroundings. */
  async restart(how?: { env?: Record<string, string>; nodeArgs?: readonly string[] }): Promise<void> {
    await this.stop()
    this.start(how)
  }

  /** Looks at it from outside: memory and command line. */
  sample(): void {
    const { pid } = this
    if (pid === undefined) return
    try {
      const kib = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
      if (kib > 0) this.memory.push({ at: Date.now(), mib: Math.round(kib / 1024) })
      this.commandLines.add(readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '))
    } catch {
      // It has just ended.
    }
  }
}
