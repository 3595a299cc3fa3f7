/** What a run came to. */
export interface TestCounts {
  passed: number
  failed: number
  skipped: number
  /** Declared with `test.todo`. */
  todo: number
}

/** Reads AVA's TAP line by line, turns it into lines for people, and counts. */
export class TapReader {
  readonly counts: TestCounts = { passed: 0, failed: 0, skipped: 0, todo: 0 }
  readonly failures: string[] = []
  readonly skips: string[] = []
  /** AVA's own sums at the end of its output, which also know of tests that never came to run. */
  readonly #reported = { pass: 0, fail: 0 }

  /** The line to print for a line of TAP; null for none. */
  read(line: string): string | null {
    const result = /^(not ok|ok) \d+ - (.*?)(?: # (SKIP|TODO))?$/.exec(line)
    if (result) return this.#count(result[1] === 'ok', result[2] ?? '', result[3])
    const sum = /^# (tests|pass|skip|fail) (\d+)$/.exec(line)
    if (sum) {
      if (sum[1] === 'pass' || sum[1] === 'fail') this.#reported[sum[1]] = Number(sum[2])
      return null
    }
    if (/^(TAP version|1\.\.)|^ +(---|\.\.\.)$|^# .*\bhook( for .*)?$/.test(line) || line.trim() === '') return null
    return `    ${line.replace(/^#? {0,4}/, '')}`
  }

  /** Settles the counts: a test that AVA never finished, or an exit code without a failed test, is a failure too. */
  end(exitCode: number): void {
    const unfinished = this.#reported.fail - this.counts.todo - this.counts.failed
    if (unfinished > 0) {
      this.failures.push(`${unfinished} tests did not end`)
      this.counts.failed += unfinished
    }
    if (exitCode !== 0 && this.counts.failed === 0) {
      this.failures.push(`AVA ended with exit code ${exitCode}`)
      this.counts.failed = 1
    }
    if (this.counts.passed !== this.#reported.pass) {
      this.failures.push(`AVA reports ${this.#reported.pass} passed tests, its output shows ${this.counts.passed}`)
      this.counts.failed += 1
    }
    if (this.counts.passed + this.counts.failed === 0) {
      this.failures.push('No test ran')
      this.counts.failed = 1
    }
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
