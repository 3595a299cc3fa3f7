import type { Series } from './run.ts'
import { windowsPerDay, windowsPerHour } from './worlds.ts'

/** What one world's series comes to. Stars and hours. */
export interface Measures {
  /** Furthest from where it would be without the attack, in the first 2 and 24 hours. */
  peak2h: number
  peak24h: number
  /** Distance times time, over 48 hours. */
  starHours: number
  /** Until nine tenths of the way to where the true average is a day later are shown; null where it does not move by a quarter star. */
  hoursTo90: number | null
  /** Furthest from the true average of the same moment. */
  worstGap: number
  /** Distance from it times time. */
  gapHours: number
  /** The share of windows in which readers are told that the average is held back. */
  labelled: number
  /** How far the average has fallen below the one before the event, after so many hours; null where that is not looked at. */
  after2h: number | null
  after24h: number | null
  after48h: number | null
  after72h: number | null
  after144h: number | null
  after168h: number | null
}

export const measureNames = ['peak2h', 'peak24h', 'starHours', 'hoursTo90', 'worstGap', 'gapHours', 'labelled'] as const
export const afterNames = ['after2h', 'after24h', 'after48h', 'after72h', 'after144h', 'after168h'] as const

export function measure({ shown, honest, gap, live }: Series): Measures {
  const apart = shown.map((value, n) => Math.abs(value - (honest[n] as number)))
  const gaps = gap.map(Math.abs)
  return {
    peak2h: Math.max(...apart.slice(0, 2 * windowsPerHour)),
    peak24h: Math.max(...apart.slice(0, windowsPerDay)),
    starHours: apart.reduce((sum, value) => sum + value, 0) / windowsPerHour,
    hoursTo90: hoursTo90(shown, live),
    worstGap: Math.max(...gaps),
    gapHours: gaps.reduce((sum, value) => sum + value, 0) / windowsPerHour,
    labelled: gaps.filter((value) => value >= 0.000_1).length / gaps.length,
    ...{ after2h: null, after24h: null, after48h: null, after72h: null, after144h: null, after168h: null },
  }
}

/** The same of an event that lasts for days: `honest` is the average before it. */
export function measureDays(series: Series): Measures {
  const fallen = (hours: number) => {
    const at = hours * windowsPerHour - 1
    return (series.honest[at] as number) - (series.shown[at] as number)
  }
  return {
    ...measure(series),
    ...{ after2h: fallen(2), after24h: fallen(24), after48h: fallen(48) },
    ...{ after72h: fallen(72), after144h: fallen(144), after168h: fallen(168) },
  }
}

function hoursTo90(shown: readonly number[], live: readonly number[]): number | null {
  const from = live[0] as number
  const way = (live[windowsPerDay - 1] as number) - from
  if (Math.abs(way) < 0.25) return null
  const at = shown.findIndex((value) => (value - from) / way >= 0.9)
  return (at < 0 ? shown.length : at + 1) / windowsPerHour
}

/** Over all worlds. The interval is that of the mean, 95 %. */
export interface Summary {
  mean: number
  interval: [number, number]
  median: number
  p95: number
  worlds: number
}

export function summarise(values: readonly number[]): Summary | null {
  if (values.length === 0) return null
  const sorted = values.toSorted((a, b) => a - b)
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length
  const variance = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, sorted.length - 1)
  const half = 1.96 * Math.sqrt(variance / sorted.length)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number
  return { mean, interval: [mean - half, mean + half], median: at(0.5), p95: at(0.95), worlds: sorted.length }
}
