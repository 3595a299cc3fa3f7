import { docsPage, docsPolicy } from '../docs-page.ts'
import { defineEndpoint, type Endpoint } from '../endpoint.ts'
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
      answer: async ({ prefix }) => ({ status: 200, body: document(prefix) }),
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
      answer: async ({ prefix }) => ({
        status: 200,
        html: docsPage(document(prefix)),
        headers: { 'Content-Security-Policy': docsPolicy },
      }),
    })
  }
}
