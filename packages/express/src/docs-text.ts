import type { JsonObject } from './openapi.ts'

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character)
}

/** A description with its `code` parts marked up. */
export function inline(text: string): string {
  return escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>')
}

/** The properties of an object's schema as a table. */
export function schemaRows(schema: JsonObject): string {
  const properties = Object.entries((schema.properties ?? {}) as Record<string, JsonObject>)
  const required = (schema.required ?? []) as string[]
  const rows = properties.map(([name, property]) => {
    const optional = required.includes(name) ? '' : ' <span class="soft">optional</span>'
    const description = typeof property.description === 'string' ? inline(property.description) : ''
    return `<tr><td><code>${escapeHtml(name)}</code>${optional}</td><td>${typeOf(property)}</td><td>${description}</td></tr>`
  })
  return `<table>${rows.join('')}</table>`
}

/** A schema in a few words, with links to the named shapes. */
export function typeOf(schema: JsonObject): string {
  if (typeof schema.$ref === 'string') {
    const name = schema.$ref.split('/').at(-1) ?? ''
    return `<a href="#shape-${name}">${name}</a>`
  }
  if (Array.isArray(schema.anyOf)) return schema.anyOf.map((part: JsonObject) => typeOf(part)).join(' or ')
  if (Array.isArray(schema.enum))
    return schema.enum.map((value) => `<code>${escapeHtml(String(value))}</code>`).join(' or ')
  if (schema.const !== undefined) return `<code>${escapeHtml(String(schema.const))}</code>`
  if (schema.type === 'array') return `list of ${schema.minItems ?? ''} ${typeOf((schema.items ?? {}) as JsonObject)}`
  if (schema.type === 'object' && schema.properties) {
    const parts = Object.entries(schema.properties as Record<string, JsonObject>)
    return `{ ${parts.map(([name, part]) => `<code>${escapeHtml(name)}</code>: ${typeOf(part)}`).join(', ')} }`
  }
  const type = ([] as unknown[]).concat(schema.type ?? 'anything').join(' or ')
  return escapeHtml([type, rangeOf(schema), schema.format].filter(Boolean).join(', '))
}

function rangeOf({ minimum, maximum, minLength, maxLength }: JsonObject): string {
  const { MAX_SAFE_INTEGER, MIN_SAFE_INTEGER } = Number
  if (maxLength !== undefined) return `${minLength}-${maxLength} characters`
  if (minimum === undefined || minimum === MIN_SAFE_INTEGER) return ''
  return maximum === undefined || maximum === MAX_SAFE_INTEGER ? `at least ${minimum}` : `${minimum}-${maximum}`
}
