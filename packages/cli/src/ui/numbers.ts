const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** `1,234`. */
export function count(value: number): string {
  return whole.format(value)
}

/** `1 row`, `1,234 rows`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`
}

/** A count in at most five characters: `999`, `12.3k`, `4.5M`. */
export function shortCount(value: number): string {
  if (value < 10_000) return String(Math.round(value))
  if (value < 999_500) return `${(value / 1000).toFixed(value < 99_950 ? 1 : 0)}k`
  return `${(value / 1e6).toFixed(value < 99.95e6 ? 1 : 0)}M`
}

/** Things per second. */
export function rate(value: number): string {
  return `${value < 100 ? value.toFixed(1) : count(value)}/s`
}

/** An average of scores with two decimals; `–` for none. */
export function average(value: number | null): string {
  return value === null ? '–' : value.toFixed(2)
}

/** A span of time in words: `0.4 s`, `42 s`, `3 min 12 s`, `2 h 5 min`. */
export function span(seconds: number): string {
  if (seconds < 9.95) return `${Math.max(0, seconds).toFixed(1)} s`
  const all = Math.round(seconds)
  if (all < 60) return `${all} s`
  if (all < 3600) return `${Math.floor(all / 60)} min ${all % 60} s`
  return `${Math.floor(all / 3600)} h ${Math.floor((all % 3600) / 60)} min`
}

/** What is left until `at`, as a clock: `3:12`; `now` when it is due; `–` for nothing to wait for. */
export function countdown(at: string | null, now: number): string {
  if (at === null) return '–'
  const seconds = Math.ceil((Date.parse(at) - now) / 1000)
  if (seconds <= 0) return 'now'
  const minutes = Math.floor(seconds / 60)
  if (minutes >= 60) return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`
  return `${minutes}:${two(seconds % 60)}`
}

/** Time of day of an ISO 8601 time, UTC: `12:01:05`. */
export function timeOfDay(iso: string): string {
  return iso.slice(11, 19)
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
