import type { Row } from '../row.ts'
import { oneHotPost, rate } from './p01-rate.ts'

export const rows: readonly Row[] = [rate, oneHotPost]
