import type { DetailedHTMLProps, HTMLAttributes } from 'react'
import type { PostRateStars } from '../dist/browser/stars.js'
import type { PostRateRatedEvent, PostRateSignInEvent, PostRateStarsAttributes } from './stars.js'

/** Events as React 19 binds them to custom elements: `on` and the name of the event. */
interface PostRateStarsEvents {
  'onpost-rate-rated'?: ((event: PostRateRatedEvent) => void) | undefined
  'onpost-rate-sign-in'?: ((event: PostRateSignInEvent) => void) | undefined
}

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'post-rate-stars': DetailedHTMLProps<HTMLAttributes<PostRateStars>, PostRateStars> &
        PostRateStarsAttributes &
        PostRateStarsEvents
    }
  }
}
