import type { Row } from '../row.ts'
import { oneHotPost, rate } from './p01-rate.ts'
import { consume } from './p05-consume.ts'
import { relay } from './p06-relay.ts'

/** P6 comes before P5, which reads what its peer has sent. */
export const rows: readonly Row[] = [rate, relay, consume, oneHotPost]
