import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import express, { type RequestHandler, type Response } from 'express'
import { keepCookiesPrivate } from './caching.ts'
import { setCommonHeaders } from './send.ts'

/**
 * `GET` of those files for browsers whose path matches, for example `/stars.js` and what it imports from `/stars/`. Files of the
 * package, the same for everybody; an upgrade reaches pages within five minutes. In a bundled backend the files are not
 * beside the code: then the request is an error of the host's that says so.
 */
export function serveBrowserFiles(paths: RegExp): RequestHandler {
  const directory = browserDirectory()
  const files: RequestHandler =
    directory === null
      ? (_req, _res, next) => next(bundled())
      : express.static(directory, {
          index: false,
          redirect: false,
          maxAge: '5m',
          setHeaders: (res: Response) => {
            setCommonHeaders(res)
            keepCookiesPrivate(res)
          },
        })
  return (req, res, next) => (paths.test(req.path) ? files(req, res, next) : next())
}

/** Null where it is not beside this module. */
function browserDirectory(): string | null {
  // Bundlers would take a literal `new URL(…, import.meta.url)` for a file of theirs; in CommonJS there is no URL at all.
  const here: string | undefined = import.meta.url
  if (!here?.startsWith('file:')) return null
  const directory = fileURLToPath(new URL('../browser', here))
  return existsSync(join(directory, 'stars.js')) ? directory : null
}

function bundled(): Error {
  return new Error(
    'The files for browsers are not beside the bundled @post-rate/express. Keep the package external in the bundler, or serve node_modules/@post-rate/express/browser yourself.',
  )
}
