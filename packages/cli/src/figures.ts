/** An average with two decimals; a dash where there is none. */
export function average(value: number | null): string {
  return value === null ? '-' : value.toFixed(2)
}

/** `m:ss` until a moment, for example `4:07`; a dash where nothing is promised. */
export function timeUntil(iso: string | null, now: number): string {
  if (iso === null) return '-'
  const seconds = Math.max(0, Math.ceil((Date.parse(iso) - now) / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/** Seconds as people say them: `0.4 s`, `12 s`, `3 min`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  return seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`
}
