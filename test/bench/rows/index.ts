import type { Row } from '../row.ts'
import { oneHotPost, rate } from './p01-rate.ts'
import { listForNobody, listForUser, putRating } from './p02-http.ts'
import { rebuild } from './p08-rebuild.ts'
import { size } from './p10-size.ts'
import { start } from './p11-start.ts'

export const rows: readonly Row[] = [rate, putRating, listForUser, listForNobody, rebuild, oneHotPost, size, start]
