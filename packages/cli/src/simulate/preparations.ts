import { arrivesAgainMs, isArrival } from 'post-rate'
import { windowsPerDay } from './worlds.ts'

const accounts = 10
const windows = 7 * windowsPerDay
const windowMs = 300_000

interface Account {
  score: number | null
  changedAt: number | null
  /** The library's note of a withdrawal. */
  withdrawnAt: number | null
}

/** Actions of an account in a window, in their order: a score, or null for a withdrawal. */
type Habit = (window: number) => readonly (number | null)[]

/** Preparations of an attack: ten accounts act on a post for a week. The library decides which actions are arrivals. */
export const preparations = {
  /** Nothing: what the others are compared with, a post that is a week older. */
  waiting: () => prepare(() => []),
  /** Rating and withdrawing in turn, as often as they like. */
  cycling: () => prepare(() => [3, null, 3, null, 3]),
  /** Another score every five minutes. */
  'changing minds': () => prepare((window) => [2 + (window % 2)]),
  /** Withdrawing and rating again once a day, all in the same window: ten arrivals at once. */
  'coming daily': () => prepare((window) => (window % windowsPerDay === windowsPerDay - 1 ? [null, 3] : [])),
} satisfies Record<string, () => ReturnType<typeof prepare>>

function prepare(habit: Habit): { change: number[]; news: number }[] {
  const group = Array.from({ length: accounts }, (): Account => ({ score: null, changedAt: null, withdrawnAt: null }))
  return Array.from({ length: windows }, (_, window) => {
    const arrival = { change: [0, 0, 0, 0, 0, 0], news: 0 }
    for (const account of group)
      for (const [n, score] of habit(window).entries()) act(account, score, window * windowMs + n, arrival)
    return arrival
  })
}

function act(account: Account, score: number | null, at: number, to: { change: number[]; news: number }): void {
  const { score: before, changedAt, withdrawnAt } = account
  if (score === before) return
  const previousRatedAt = before === null ? withdrawnAt : changedAt
  if (isArrival({ score, ratedAt: at, previousRatedAt, at }, at - (at % windowMs))) to.news++
  if (before !== null) to.change[before] = (to.change[before] as number) - 1
  if (score !== null) to.change[score] = (to.change[score] as number) + 1
  else if (withdrawnAt === null || withdrawnAt <= at - arrivesAgainMs) account.withdrawnAt = at
  Object.assign(account, { score, changedAt: at })
}
