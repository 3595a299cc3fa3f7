/**
 * JSON on one line that is safe on a terminal too: what a terminal would act on is escaped, nothing is altered. Of an error it has
 * the message, where JSON alone has `{}`.
 */
export function printableJson(value: unknown): string {
  return JSON.stringify(value, (_, one) => (one instanceof Error ? one.message : one)).replace(
    /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) =>
      Array.from({ length: character.length }, (_, index) => unicodeEscape(character.charCodeAt(index))).join(''),
  )
}

function unicodeEscape(codeUnit: number): string {
  return `\\u${codeUnit.toString(16).padStart(4, '0')}`
}
