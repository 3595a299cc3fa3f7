/** The ids of the users whose ratings do not count, as a subquery. With no such user it costs a rating nothing. */
export function excludedUsers(schema: string): string {
  return `(select x.user_id from ${schema}.excluded_users x where x.state <> 'restoring')`
}

/** The same without those who are being excluded at the moment: none of their ratings may count. */
export function settledUsers(schema: string): string {
  return `(select x.user_id from ${schema}.excluded_users x where x.state = 'excluded')`
}

/** Standing of the rater of `r`. */
const standing = `case r.established when true then 'established' when false then 'new' else 'unknown' end`

/** Whether the rating `r` is of a rater of the standing `wanted`; all are where that is null. */
export function ofStanding(wanted: string): string {
  return `(${wanted} is null or ${wanted} = ${standing})`
}

/** An exclusion `e` that the relay made while a guard was armed, and that has not ended. A partial index finds them. */
export const isQuarantine = '(e.release_at is not null and e.restored_at is null)'

/** Whether the exclusion `e` of a period covers the rating `r`: only what had been rated when it was made, unless it is a quarantine. */
export const covered = `(r.rated_at >= e.starts_at and r.rated_at < e.ends_at and (e.release_at is not null or r.rated_at < e.excluded_at)
  and ${ofStanding('e.standing')})`

/** Whether the rating `r` is covered by an active exclusion that fulfils `which`. */
export function coveredByActive(schema: string, which = 'true'): string {
  return `exists (select from ${schema}.exclusions e
    where e.post_id = r.post_id and e.restored_at is null and ${which} and ${covered})`
}

/** Whether the rating `r` is excluded, its user may count, and no active exclusion that fulfils `which` covers it. */
export function heldByNothing(schema: string, which?: string): string {
  return `r.excluded_rated_at = r.rated_at and r.user_id not in ${excludedUsers(schema)} and not ${coveredByActive(schema, which)}`
}

/** Whether `e` is a quarantine of the incident `i` that has not ended. It begins within its incident. */
export function quarantineOf(i: string): string {
  return `${isQuarantine} and e.starts_at >= ${i}.starts_at and (${i}.ends_at is null or e.starts_at < ${i}.ends_at)`
}

/** Whether a quarantine that fulfils `which` keeps the rating `r` from counting, and its user does not. */
export function held(schema: string, which: string): string {
  return `r.excluded_rated_at = r.rated_at and r.user_id not in ${excludedUsers(schema)} and ${coveredByActive(schema, which)}`
}
