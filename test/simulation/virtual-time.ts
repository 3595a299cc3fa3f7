import { syncBuiltinESMExports } from 'node:module'
import { type Clock, install } from '@sinonjs/fake-timers'

/** When every schedule begins. */
const beginning = Date.UTC(2030, 0, 1)
/** The clock keeps listeners of whoever was left waiting until it is uninstalled. */
const schedulesPerClock = 50

const realImmediate = setImmediate
const realRandom = Math.random

/** Time that passes only when everybody waits: whatever is due next happens next, and all of it can be repeated. */
export class VirtualTime {
  #clock: Clock = newClock()
  #schedules = 0

  private constructor() {}

  /** Runs `work` with the process's timers replaced, also those that were imported by name. */
  static async during<T>(work: (time: VirtualTime) => Promise<T>): Promise<T> {
    const time = new VirtualTime()
    try {
      return await work(time)
    } finally {
      Math.random = realRandom
      time.#clock.uninstall()
      syncBuiltinESMExports()
    }
  }

  /** Begins anew: nothing is waiting any more. */
  reset(seed: number): void {
    if (++this.#schedules % schedulesPerClock === 0) {
      this.#clock.uninstall()
      this.#clock = newClock()
    }
    this.#clock.reset()
    let state = seed
    Math.random = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return state / 2 ** 32
    }
  }

  /** Lets `ms` pass, or less when `ended` says so after some event. */
  async pass(ms: number, ended: () => boolean): Promise<void> {
    let over = false
    this.#clock.setTimeout(() => {
      over = true
    }, ms)
    while (!over && !ended()) {
      this.#clock.next()
      await settled()
    }
  }
}

function newClock(): Clock {
  const clock = install({
    now: beginning,
    toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'Date', 'performance'],
  })
  // What was imported from `node:timers/promises` by name follows only then.
  syncBuiltinESMExports()
  return clock
}

/** Every continuation that waits for nothing more has run. */
function settled(): Promise<void> {
  return new Promise((resolve) => realImmediate(resolve))
}
