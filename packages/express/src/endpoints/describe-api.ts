import { docsPage, docsPolicy } from '../docs-page.ts'
import { type Answer, type Call, defineEndpoint, type Endpoint } from '../endpoint.ts'
import { describeApi } from '../openapi.ts'

/** `GET /openapi.json` and `GET /docs`: the other endpoints described, and themselves. */
export function describingEndpoints(endpoints: readonly Endpoint<never>[]): Endpoint<never>[] {
  const document = describeApi([...endpoints, documentEndpoint(), pageEndpoint()])
  return [documentEndpoint(), pageEndpoint()]

  function documentEndpoint(): Endpoint {
    return defineEndpoint({
      method: 'GET',
      path: '/openapi.json',
      action: null,
      docs: {
        operationId: 'getOpenApi',
        summary: 'This description as OpenAPI 3.1',
        description: 'Made from the schemas that validate requests.',
        status: 200,
        result: 'The document.',
        schema: null,
      },
      answer: renderedOnce(({ prefix }) => ({ json: JSON.stringify(document(prefix)) })),
    })
  }

  function pageEndpoint(): Endpoint {
    return defineEndpoint({
      method: 'GET',
      path: '/docs',
      action: null,
      docs: {
        operationId: 'getDocs',
        summary: 'This description as a page',
        description: 'Self-contained HTML; needs no other host and no script.',
        status: 200,
        result: 'The page.',
        schema: null,
        type: 'text/html',
      },
      answer: renderedOnce(({ prefix, root }) => ({
        html: docsPage(document(prefix), root),
        headers: { 'Content-Security-Policy': docsPolicy },
      })),
    })
  }
}

type Addresses = Pick<Call<unknown>, 'prefix' | 'root'>

/**
 * Keeps the last answer, and renders again only for other addresses. A host that mounts the router under a pattern has many of
 * them, so only one is kept.
 */
function renderedOnce(render: (addresses: Addresses) => Omit<Answer, 'status'>): (call: Addresses) => Promise<Answer> {
  let last: { key: string; answer: Answer } | undefined
  return async ({ prefix, root }) => {
    const key = `${root} ${prefix}`
    if (last?.key !== key)
      last = { key, answer: { status: 200, ...render({ prefix, root }), promise: { ...unchanging } } }
    return last.answer
  }
}

/** There is no post in it: a shared cache may keep it as long as the host allows. */
const unchanging = { nextUpdateAt: null, unpromised: false }
