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

/** Whether the exclusion `e` of a period covers the rating `r`: only what had been rated when it was made. */
export const covered = `(r.rated_at >= e.starts_at and r.rated_at < least(e.ends_at, e.excluded_at) and ${ofStanding('e.standing')})`

/** Whether the rating `r` is covered by an active exclusion that fulfils `which`. */
export function coveredByActive(schema: string, which = 'true'): string {
  return `exists (select from ${schema}.exclusions e
    where e.post_id = r.post_id and e.restored_at is null and ${which} and ${covered})`
}
