import type { DefineComponent } from 'vue'
import type { PostRateRatedEvent, PostRateSignInEvent, PostRateStarsAttributes } from './stars.js'

interface PostRateStarsEvents {
  onPostRateRated?: ((event: PostRateRatedEvent) => void) | undefined
  onPostRateSignIn?: ((event: PostRateSignInEvent) => void) | undefined
}

declare module 'vue' {
  interface GlobalComponents {
    'post-rate-stars': DefineComponent<PostRateStarsAttributes & PostRateStarsEvents>
  }
}
