import type { Row } from '../row.ts'
import { oneHotPost, rate } from './p01-rate.ts'
import { listForNobody, listForUser, putRating, putRatingBesideRoles } from './p02-http.ts'
import { consume } from './p05-consume.ts'
import { relay } from './p06-relay.ts'
import { latency } from './p07-latency.ts'
import { rebuild } from './p08-rebuild.ts'
import { size } from './p10-size.ts'
import { start } from './p11-start.ts'
import { idle } from './p12-idle.ts'
import { sustained } from './p13-sustained.ts'
import { longRun } from './p14-long-run.ts'

/** P6 comes before P5, which reads what its peer has sent. */
export const rows: readonly Row[] = [
  ...[rate, putRating, listForUser, listForNobody],
  ...[relay, consume, latency, rebuild, oneHotPost],
  ...[size, start, idle, sustained, putRatingBesideRoles, longRun],
]
