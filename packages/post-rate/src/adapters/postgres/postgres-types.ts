import type pg from 'pg'

/** Times without their fraction that were parsed lately: rows that are read together share most of them. */
const seconds = new Map<string, number>()
const mostSeconds = 2_000
const isoSecond = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d+)?([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?$/

/** Measured, 0.3 µs in place of 0.8. @throws Error for a time in another form, which could be taken for another time */
function readTime(text: string): number {
  const match = isoSecond.exec(text)
  if (match === null) return readInfinity(text)
  const [, day, clock, fraction = '', sign, hours, minutes = '0', zoneSeconds = '0'] = match
  const whole = `${day}T${clock}${sign}${hours}${minutes}${zoneSeconds}`
  let time = seconds.get(whole)
  if (time === undefined) {
    // The zones of the 19th century have seconds, which JavaScript cannot read.
    const offset = (Number(hours) * 60 + Number(minutes)) * 60 + Number(zoneSeconds)
    time = Date.parse(`${day}T${clock}Z`) - 1_000 * (sign === '-' ? -offset : offset)
    if (seconds.size >= mostSeconds) seconds.clear()
    seconds.set(whole, time)
  }
  // What is below a millisecond is cut off.
  return time + Number(fraction.slice(1, 4).padEnd(3, '0'))
}

function readInfinity(text: string): number {
  if (text === 'infinity') return Number.POSITIVE_INFINITY
  if (text === '-infinity') return Number.NEGATIVE_INFINITY
  throw new Error(`Cannot read the time ${text}: it is not in ISO form, or not within the years 1 to 9999`)
}

const readBoolean = (text: string) => text === 't'
const readNumbers = (text: string) => (text === '{}' ? [] : text.slice(1, -1).split(',').map(Number))
const readText = (text: string) => text

/** By type id. Everything else is read as text: `numeric` keeps its digits, a UUID is a text anyway. */
const parsers = new Map<number, (text: string) => unknown>([
  [16, readBoolean],
  // int8, int2, int4, float4, float8: ids and counters stay below 2^53.
  ...[20, 21, 23, 700, 701].map((id): [number, typeof Number] => [id, Number]),
  // Arrays of int2, int4, int8.
  ...[1005, 1007, 1016].map((id): [number, typeof readNumbers] => [id, readNumbers]),
  // json, jsonb
  ...[114, 3802].map((id): [number, typeof JSON.parse] => [id, (text) => JSON.parse(text)]),
  [1184, readTime],
])

/**
 * How columns are read, passed with every query: a host's pool keeps its own parsers, and no parser that a host sets for the
 * whole process (`pg.types.setTypeParser`) reaches the library.
 */
export const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number) => parsers.get(oid) ?? readText,
}
