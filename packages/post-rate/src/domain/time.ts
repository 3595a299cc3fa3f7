/**
 * A date alone, or a date and time with or without a zone: ISO 8601 in its extended form, in its basic form (`20240102T030405Z`),
 * and as PostgreSQL writes it (`2024-01-02 03:04:05.123456+00`, with seconds in the offsets of old local times).
 */
const timeText =
  /^(\d{4})(?:-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?|(\d\d)(\d\d)T(\d\d)(\d\d)(?:(\d\d)(?:[.,](\d{1,9}))?)?)( ?(?:Z|UTC|GMT|[+-]\d\d(?::?\d\d(?::?\d\d)?)?))?$/i
const offsetText = /^([+-])(\d\d):?(\d\d)?:?(\d\d)?$/
const unixSeconds = /^-?\d{1,12}(?:\.\d{1,9})?$/

/** Says which times {@link parseTime} reads, for an error. */
export const timeForms = 'an ISO 8601 time, a time as PostgreSQL writes it, or Unix seconds'

/** Milliseconds since the epoch of a time as text (without a zone: UTC), or of Unix seconds as text or number; NaN for any other value. */
export function parseTime(time: unknown): number {
  if (typeof time === 'number') return Number.isFinite(time) ? checkedTime(time * 1000) : Number.NaN
  if (typeof time !== 'string') return Number.NaN
  const text = time.trim()
  if (unixSeconds.test(text)) return checkedTime(Number(text) * 1000)
  const match = timeText.exec(text)
  if (!match) return Number.NaN
  const [, year, ...parts] = match
  const [extended, basic, zone] = [parts.slice(0, 6), parts.slice(6, 12), parts[12]]
  const [month, day, hour = '00', minute = '00', second = '00', fraction = ''] = extended[0] ? extended : basic
  const date = `${year}-${month}-${day}`
  if (!isDay(date) || (zone !== undefined && extended[0] !== undefined && extended[2] === undefined)) return Number.NaN
  const milliseconds = fraction.padEnd(3, '0').slice(0, 3)
  const utc = Date.parse(`${date}T${hour}:${minute}:${second}.${milliseconds}Z`)
  return checkedTime(utc - offsetOf(zone))
}

/** Milliseconds by which a zone is ahead of UTC; NaN for an offset that no zone has. */
function offsetOf(zone: string | undefined): number {
  const match = offsetText.exec(zone?.trim() ?? '')
  if (!match) return 0
  const [, sign, hours, minutes = '0', seconds = '0'] = match
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return Number.NaN
  return (sign === '-' ? -1000 : 1000) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds))
}

/** Of the calendar: JavaScript takes the 30th of February for the 2nd of March. */
function isDay(text: string): boolean {
  const time = Date.parse(`${text}T00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}

/** Whole milliseconds between the years 1 and 9999; NaN outside, where PostgreSQL and ISO 8601 part ways. */
function checkedTime(time: number): number {
  // Seconds with a fraction are a hair off as floating-point numbers.
  const whole = Math.round(time)
  return whole >= -62_135_596_800_000 && whole < 253_402_300_800_000 ? whole : Number.NaN
}

/**
 * Whole seconds and their texts, both ways. States that are handled together share few times, since the windows of posts end at
 * moments of their own, but most seconds. Measured over 10,000 posts, 0.1 µs a time in place of 0.5.
 */
const texts = new Map<number, string>()
const seconds = new Map<string, number>()
const mostRemembered = 4_096
/** `000Z` to `999Z`. */
const endings = Array.from({ length: 1_000 }, (_, ms) => `${String(ms).padStart(3, '0')}Z`)
const milliseconds = new Map(endings.map((ending, ms) => [ending, ms]))

/** ISO 8601 with milliseconds, UTC. @throws RangeError for what is no time */
export function isoTime(time: number): string {
  const whole = Math.trunc(time)
  const second = Math.floor(whole / 1_000)
  let text = texts.get(second)
  if (text === undefined) {
    text = new Date(second * 1_000).toISOString().slice(0, -4)
    if (texts.size >= mostRemembered) texts.clear()
    texts.set(second, text)
  }
  return text + endings[whole - second * 1_000]
}

/** Milliseconds of a text in exactly the form that {@link isoTime} writes, of the years 0 to 9999; NaN for any other. */
export function readIsoTime(text: string): number {
  const start = text.slice(0, -4)
  let time = seconds.get(start)
  if (time === undefined) {
    time = Date.parse(`${start}000Z`)
    // Other years have a longer form.
    if (!(time >= -62_167_219_200_000 && time < 253_402_300_800_000)) return Number.NaN
    if (new Date(time).toISOString().slice(0, -4) !== start) return Number.NaN
    if (seconds.size >= mostRemembered) seconds.clear()
    seconds.set(start, time)
  }
  return time + (milliseconds.get(text.slice(-4)) ?? Number.NaN)
}
