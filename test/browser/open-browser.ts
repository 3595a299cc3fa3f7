import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import type { AxeResults } from 'axe-core'
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { cleanUp } from '../helpers/clean-up.ts'

/** For people who want to look at the pages. */
const pictures = process.env.TEST_PICTURES ?? join(tmpdir(), 'post-rate-pictures')
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Opens a page of a fresh profile. */
export type OpenPage = (t: ExecutionContext, options?: PageOptions) => Promise<Page>

export interface PageOptions extends BrowserContextOptions {
  /** What the page's console may complain about, beside nothing. */
  mayComplainAbout?: RegExp
}

/** A Chromium until `t` ends; whatever a page complains about fails the test that opened it. */
export async function openBrowser(t: ExecutionContext): Promise<OpenPage> {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? process.env.TEST_CHROMIUM ?? '',
    args: [
      // Chromium's sandbox refuses to run as root.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  })
  cleanUp(t, () => browser.close())
  return async (t, { mayComplainAbout, ...options } = {}) => {
    const context = await browser.newContext({ locale: 'en', ...options })
    cleanUp(t, () => context.close())
    const page = await context.newPage()
    page.setDefaultTimeout(60_000)
    const complain = (text: string) => {
      try {
        t.fail(text)
      } catch {
        // The failure has been noted; an event has nobody to throw to.
      }
    }
    page.on('pageerror', (error) => complain(`The page threw ${error}`))
    page.on('console', (message) => {
      if (message.type() === 'error' && !mayComplainAbout?.test(message.text()))
        complain(`The page said ${message.text()}`)
    })
    return page
  }
}

/** Asserts that axe-core finds nothing wrong for people with disabilities, inside shadow roots too. */
export async function isAccessible(t: ExecutionContext, page: Page, what: string): Promise<void> {
  await page.evaluate(axe)
  const { violations } = await page.evaluate<AxeResults>('axe.run()')
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} ${target}: ${failureSummary}`),
  )
  t.deepEqual(found, [], what)
}

export async function picture(page: Page, name: string, { fullPage = true } = {}): Promise<void> {
  mkdirSync(pictures, { recursive: true })
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage, animations: 'disabled' })
}
