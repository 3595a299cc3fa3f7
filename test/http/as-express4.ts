import { register } from 'node:module'

// Imported first, it makes every later `import 'express'` of this process Express 4, in the package under test as well:
// the way a host that has Express 4 resolves the peer dependency.
const hook = `export function resolve(specifier, context, next) {
  return next(specifier === 'express' ? 'express4' : specifier, context)
}`
register(`data:text/javascript,${encodeURIComponent(hook)}`)
