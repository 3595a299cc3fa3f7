/** Results of one or more AVA processes. */
export interface TestCounts {
  passed: number
  failed: number
  skipped: number
  /** Declared with `test.todo`. */
  todo: number
}

/** Reads the TAP of one AVA process line by line, turns it into lines for people, and counts. */
export class TapReader {
  readonly counts: TestCounts = { passed: 0, failed: 0, skipped: 0, todo: 0 }
  readonly failures: string[] = []
  readonly skips: string[] = []
  /** Lines to print. */
  readonly lines: string[] = []
  /** AVA's own sums at the end of its output, which also count tests that never ran. */
  readonly #reported = { pass: 0, fail: 0 }
  readonly #prefix: string

  /** `prefix` is put in front of every title. */
  constructor(prefix = '') {
    this.#prefix = prefix
  }

  read(line: string): void {
    const result = /^(not ok|ok) \d+ - (.*?)(?: # (SKIP|TODO))?$/.exec(line)
    if (result) {
      this.lines.push(this.#count(result[1] === 'ok', `${this.#prefix}${result[2]}`, result[3]))
      return
    }
    const sum = /^# (tests|pass|skip|fail) (\d+)$/.exec(line)
    if (sum) {
      if (sum[1] === 'pass' || sum[1] === 'fail') this.#reported[sum[1]] = Number(sum[2])
      return
    }
    if (/^(TAP version|1\.\.)|^ +(---|\.\.\.)$|^# .*\bhook( for .*)?$/.test(line) || line.trim() === '') return
    this.note(line.replace(/^#? {0,4}/, ''))
  }

  /** Keeps a line that belongs to the test before it, or that a test process wrote. */
  note(line: string): void {
    this.lines.push(`    ${line}`)
  }

  /** Settles the counts: a test that AVA never finished, or an exit code without a failed test, is a failure too. */
  end(exitCode: number): void {
    const unfinished = this.#reported.fail - this.counts.todo - this.counts.failed
    if (unfinished > 0) this.#fail(`${unfinished} tests did not end`, unfinished)
    if (exitCode !== 0 && this.counts.failed === 0) this.#fail(`AVA ended with exit code ${exitCode}`)
    if (this.counts.passed !== this.#reported.pass)
      this.#fail(`AVA reports ${this.#reported.pass} passed tests, its output shows ${this.counts.passed}`)
    const { passed, failed, skipped, todo } = this.counts
    if (passed + failed + skipped + todo === 0) this.#fail('No test ran')
  }

  #fail(problem: string, tests = 1): void {
    this.failures.push(`${this.#prefix}${problem}`)
    this.counts.failed += tests
  }

  #count(ok: boolean, title: string, directive: string | undefined): string {
    if (directive === 'SKIP') {
      this.counts.skipped += 1
      this.skips.push(title)
      return `  - ${title}`
    }
    if (directive === 'TODO') {
      this.counts.todo += 1
      return `  … ${title}`
    }
    if (ok) {
      this.counts.passed += 1
      return `  ✔ ${title}`
    }
    this.counts.failed += 1
    this.failures.push(title)
    return `  ✖ ${title}`
  }
}
