import { CommandError } from '../errors.ts'

/** The fields of a rating. An import needs the first four, a replay `score` and `ratedAt`. */
export const fields = ['post', 'user', 'score', 'ratedAt', 'excluded', 'established', 'raid'] as const
export type Field = (typeof fields)[number]

/** Columns that the administrator named, by the field that they hold. */
export type ChosenColumns = Partial<Record<Field, string>>

/** Names that other systems use, lower-case and without separators. */
const usualNames: Record<Field, readonly string[]> = {
  post: [
    'postid',
    'item',
    'itemid',
    'movie',
    'movieid',
    'book',
    'bookid',
    'article',
    'articleid',
    'product',
    'productid',
  ],
  user: ['userid', 'username', 'reviewer', 'reviewerid', 'customer', 'customerid'],
  score: ['rating', 'stars'],
  ratedAt: ['timestamp', 'time', 'date', 'datetime', 'createdat', 'updatedat', 'at', 'day'],
  excluded: [],
  established: [],
  raid: [],
}

/** The place of each field among the columns. */
export interface FoundColumns {
  places: Partial<Record<Field, number>>
  /** Place of `excluded_rated_at`, which PostgreSQL's COPY of the table `ratings` has: such a rating is excluded while it equals `ratedAt`. */
  excludedRatedAt: number | undefined
  /** Required fields without a column. */
  missing: Field[]
}

/** Fields that a file must have, and the header that says so in errors. */
export interface RequiredFields {
  fields: readonly Field[]
  header: string
}

export const importFields: RequiredFields = {
  fields: ['post', 'user', 'score', 'ratedAt'],
  header: 'post,user,score,ratedAt',
}

/**
 * Finds the fields by the names of the columns: first by the exact name, then in upper case or with separators, then by a usual
 * name of other systems.
 * @throws CommandError where two columns may be meant, or a chosen column is missing
 */
export function findColumns(
  names: readonly string[],
  chosen: ChosenColumns,
  required: RequiredFields = importFields,
): FoundColumns {
  const places: FoundColumns['places'] = {}
  for (const field of fields) {
    const place = chosen[field] === undefined ? placeOf(field, names) : placeOfChosen(field, chosen[field], names)
    if (place !== undefined) places[field] = place
  }
  const plain = names.map(plainName)
  const excludedRatedAt = plain.includes('excludedratedat') ? plain.indexOf('excludedratedat') : undefined
  return {
    places,
    excludedRatedAt,
    missing: required.fields.filter((field) => places[field] === undefined),
  }
}

/** `userId as user`, for each column that has another name than its field and than the header in errors. */
export function describeColumns(
  names: readonly string[],
  { places }: FoundColumns,
  { header }: RequiredFields = importFields,
): string[] {
  const plain = header.split(',')
  return fields.flatMap((field) => {
    const place = places[field]
    const name = place === undefined ? field : (names[place] as string)
    return name === field || plain.includes(name) ? [] : [`${name} as ${field}`]
  })
}

function placeOf(field: Field, names: readonly string[]): number | undefined {
  const plain = names.map(plainName)
  const candidates = [
    places(names, (name) => name === field),
    places(plain, (name) => name === field.toLowerCase()),
    places(plain, (name) => usualNames[field].includes(name)),
  ].find((found) => found.length > 0)
  if (candidates === undefined) return undefined
  if (candidates.length > 1) {
    const [first, second] = candidates.map((place) => names[place])
    const which =
      first === second
        ? `Two columns are named ${first}: rename one.`
        : `${first} and ${second} may both be the ${field}: choose one, for example --columns ${field}=${first}.`
    throw new CommandError(which)
  }
  return candidates[0]
}

function placeOfChosen(field: Field, name: string, names: readonly string[]): number {
  const [place] = [
    ...places(names, (one) => one === name),
    ...places(names, (one) => plainName(one) === plainName(name)),
  ]
  if (place === undefined)
    throw new CommandError(`There is no column ${name} for ${field}: the columns are ${names.join(', ')}.`)
  return place
}

function places(names: readonly string[], fits: (name: string) => boolean): number[] {
  return names.flatMap((name, place) => (fits(name) ? [place] : []))
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/[\s_.-]/g, '')
}
