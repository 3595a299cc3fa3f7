import type { PostRateHistory } from '../dist/browser/history.js'

export * from '../dist/browser/history.js'

/** The attributes of `<post-rate-history>`. */
export interface PostRateHistoryAttributes {
  'post-id'?: number | string | undefined
  /** Prefix of the router. Default: the address that the module was loaded from; a bundle has to name it. */
  api?: string | undefined
  /** How many days at most, 7 to 400. Default: 90. */
  days?: number | string | undefined
  /** Bars by score, or of one colour. Default: `score`. */
  bars?: 'score' | 'count' | undefined
}

declare global {
  interface HTMLElementTagNameMap {
    'post-rate-history': PostRateHistory
  }
}
