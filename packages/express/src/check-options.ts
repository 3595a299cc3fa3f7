/** For one option: what its value must be, in words, and whether it is that. */
export type Check = readonly [what: string, fits: (value: unknown) => boolean]

/** A check for every key that a function takes, so that none is forgotten. */
export type Checks<Options> = { readonly [key in keyof Required<Options>]: Check }

/**
 * Looks at what a host configured before the first request does. `needed` keys may not be left out.
 * @throws TypeError naming the key and what to give in its place
 */
export function checkOptions<Options extends object>(
  options: Options,
  checks: Checks<Options>,
  needed: readonly (keyof Options & string)[],
): void {
  if (!isObject(options)) throw new TypeError(`The options must be an object with ${needed.join(' and ')}`)
  const unknown = Object.keys(options).find((key) => !Object.hasOwn(checks, key))
  if (unknown !== undefined) throw new TypeError(`${unknown} is no option; there are ${Object.keys(checks).join(', ')}`)
  for (const [key, [what, fits]] of Object.entries(checks) as [keyof Options & string, Check][]) {
    const value = options[key]
    if (value === undefined ? needed.includes(key) : !fits(value)) throw new TypeError(`${key} must be ${what}`)
  }
}

export const aFunction = (value: unknown) => typeof value === 'function'

/** With these methods. */
export function objectWith(...methods: string[]): (value: unknown) => boolean {
  return (value) => isObject(value) && methods.every((name) => aFunction(value[name]))
}

export function wholeNumber(least: number, most: number): Check {
  const fits = (value: unknown) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most
  return [`a whole number from ${least} to ${most}`, fits]
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
