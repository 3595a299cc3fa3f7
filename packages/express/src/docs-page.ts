import { createHash } from 'node:crypto'
import { docsStyle } from './docs-style.ts'
import { escapeHtml, inline, schemaRows, typeOf } from './docs-text.ts'
import type { JsonObject, OpenApiDocument, OpenApiOperation, OpenApiResponse } from './openapi.ts'
import { problemAnchor, problemKinds } from './problem.ts'

/** Content-Security-Policy of the page: nothing but its own style. */
export const docsPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(docsStyle).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join('; ')

interface Entry {
  path: string
  method: string
  operation: OpenApiOperation
}

/** A reference page made from the OpenAPI document alone. No script, no other host. Its links start with `links`. */
export function docsPage(document: OpenApiDocument, links: string): string {
  const { info, components } = document
  const prefix = document.servers[0]?.url ?? '/'
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
  const root = prefix === '/' ? '' : prefix
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(info.title)} API</title>
<style>${docsStyle}</style>
</head>
<body>
<header>
<h1>${escapeHtml(info.title)} API</h1>
<p>${inline(info.summary)} ${inline(info.description)}</p>
<p class="soft">Mounted at <code>${escapeHtml(prefix)}</code> · version ${escapeHtml(info.version)} ·
<a href="${escapeHtml(links)}/openapi.json">OpenAPI ${escapeHtml(document.openapi)}</a></p>
<p class="soft">For pages, <code>${escapeHtml(root)}/stars.js</code> is a module with the element <code>&lt;post-rate-stars post-id="1"&gt;</code>.</p>
</header>
<nav aria-label="Contents"><ul>
${operations.map((entry) => `<li><a href="#${entry.operation.operationId}">${inline(entry.operation.summary)}</a></li>`).join('\n')}
<li><a href="#problems">Errors</a></li>
<li><a href="#shapes">Shapes</a></li>
</ul></nav>
<main>
<h2>Requests</h2>
${operations.map((entry) => operationArticle(root, entry, components.schemas)).join('\n')}
<h2 id="problems">Errors</h2>
<p>Errors are problem documents (RFC 9457, <code>application/problem+json</code>). Branch on <code>code</code>.</p>
${problemTable()}
<h2 id="shapes">Shapes</h2>
${Object.entries(components.schemas)
  .map(([name, schema]) => `<article id="shape-${name}"><h3>${name}</h3>${schemaRows(schema)}</article>`)
  .join('\n')}
</main>
<footer>Generated from the schemas that validate requests.</footer>
</body>
</html>
`
}

function operationArticle(
  root: string,
  { path, method, operation }: Entry,
  schemas: Record<string, JsonObject>,
): string {
  const { parameters = [], requestBody, responses } = operation
  const rows = parameters.map(({ name, schema, description = '' }) => [
    `<code>${name}</code>`,
    typeOf(schema),
    inline(description) +
      (schema.default === undefined ? '' : ` Default <code>${escapeHtml(String(schema.default))}</code>.`),
  ])
  return `<article id="${operation.operationId}">
<h3>${inline(operation.summary)}</h3>
<p><span class="method ${method}">${method.toUpperCase()}</span> <code>${escapeHtml(root + path)}</code></p>
<p>${inline(operation.description)}</p>
${rows.length === 0 ? '' : `<h4>Parameters</h4>${table(rows)}`}
${requestBody === undefined ? '' : bodySection(requestBody.content['application/json']?.schema ?? {}, schemas)}
<h4>Answers</h4>
${table(Object.entries(responses).map(([status, response]) => [status, shapeOf(response), inline(response.description)]))}
</article>`
}

function bodySection(schema: JsonObject, schemas: Record<string, JsonObject>): string {
  const { examples } = schemas[String(schema.$ref).split('/').at(-1) ?? ''] ?? {}
  const example = Array.isArray(examples) ? `<pre>${escapeHtml(JSON.stringify(examples[0], null, 2))}</pre>` : ''
  return `<h4>Body</h4><p>${typeOf(schema)} as <code>application/json</code></p>${example}`
}

function shapeOf({ content = {} }: OpenApiResponse): string {
  return Object.entries(content)
    .map(([type, { schema }]) => ('$ref' in schema ? typeOf(schema) : `<code>${type}</code>`))
    .join(' ')
}

function table(rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  return `<table>${rows.map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`).join('')}</table>`
}

function problemTable(): string {
  const rows = Object.entries(problemKinds).map(
    ([code, { status, title, detail }]) =>
      `<tr id="${problemAnchor(code)}"><td><code>${code}</code></td><td>${status}</td><td>${title}. ${detail}</td></tr>`,
  )
  return `<table><tr><th>code</th><th>status</th><th>meaning</th></tr>${rows.join('')}</table>`
}
