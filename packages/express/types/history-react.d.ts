import type { DetailedHTMLProps, HTMLAttributes } from 'react'
import type { PostRateHistory } from '../dist/browser/history.js'
import type { PostRateHistoryAttributes } from './history.js'

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'post-rate-history': DetailedHTMLProps<HTMLAttributes<PostRateHistory>, PostRateHistory> &
        PostRateHistoryAttributes
    }
  }
}
