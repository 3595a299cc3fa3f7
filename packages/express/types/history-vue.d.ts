import type { DefineComponent } from 'vue'
import type { PostRateHistoryAttributes } from './history.js'

declare module 'vue' {
  interface GlobalComponents {
    'post-rate-history': DefineComponent<PostRateHistoryAttributes>
  }
}
