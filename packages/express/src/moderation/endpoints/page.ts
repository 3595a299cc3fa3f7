import { defineModeration } from '../moderation-endpoint.ts'
import { consolePage, consolePolicy } from '../page.ts'

/** `GET /`: the console. */
export const showPage = defineModeration({
  method: 'GET',
  path: '/',
  async answer({ by, root }) {
    return {
      html: consolePage(by, root),
      headers: { 'Content-Security-Policy': consolePolicy, 'Referrer-Policy': 'same-origin' },
    }
  },
})
