import type { PostRateStars } from '../dist/browser/stars.js'

export * from '../dist/browser/stars.js'

/** A rating was stored; `score` is null where it was taken back. */
export type PostRateRatedEvent = CustomEvent<{ postId: number; score: number | null }>
/** The server wants to know who is rating. */
export type PostRateSignInEvent = CustomEvent<{ postId: number }>

/** The attributes of `<post-rate-stars>`. */
export interface PostRateStarsAttributes {
  'post-id'?: number | string | undefined
  /** Prefix of the router. Default: the address that the module was loaded from; a bundle has to name it. */
  api?: string | undefined
  /** Shows the slot `sign-in` in the place of the stars. */
  'signed-out'?: boolean | '' | undefined
}

declare global {
  interface HTMLElementTagNameMap {
    'post-rate-stars': PostRateStars
  }
  interface HTMLElementEventMap {
    'post-rate-rated': PostRateRatedEvent
    'post-rate-sign-in': PostRateSignInEvent
  }
}
