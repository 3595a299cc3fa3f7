/** Where `failing-relay.js` can stop or kill itself, in the order in which a batch comes by. */
export const failurePoints = [
  'before fold',
  'inside fold',
  'after fold',
  'before publish',
  'after publish',
  'after acknowledge',
] as const
export type FailurePoint = (typeof failurePoints)[number]
