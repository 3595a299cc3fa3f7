import type { Row } from '../row.ts'
import { oneHotPost, rate } from './p01-rate.ts'
import { listForNobody, listForUser, putRating } from './p02-http.ts'

export const rows: readonly Row[] = [rate, putRating, listForUser, listForNobody, oneHotPost]
