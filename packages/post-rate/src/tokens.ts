import type { Ports } from './ports/ports.ts'

/** The container of all parts, an Inversify container. A part is replaced before its first use. */
export interface PostRateContainer {
  get<T>(token: symbol): T
  isBound(token: symbol): boolean
  /** Example: `container.rebind<PostStore>(tokens.postStore).toConstantValue(ownPosts)`. */
  rebind<T>(token: symbol): PartBinding<T>
}

/** What a part is replaced with. */
export interface PartBinding<T> {
  toConstantValue(part: T): unknown
  toDynamicValue(make: () => T): unknown
}

/** Names a part in the container. */
export function token(name: string): symbol {
  return Symbol.for(`post-rate.${name}`)
}

/** The token of every port, for `container.rebind(tokens.postStore)`. */
export const tokens: { readonly [name in keyof Ports]: symbol } = {
  ratingStore: token('ratingStore'),
  postStore: token('postStore'),
  recordReader: token('recordReader'),
  historyReader: token('historyReader'),
  outbox: token('outbox'),
  leaseStore: token('leaseStore'),
  eventBus: token('eventBus'),
  statsStore: token('statsStore'),
  stateStore: token('stateStore'),
  auditStore: token('auditStore'),
  auditLog: token('auditLog'),
  rebuildStore: token('rebuildStore'),
  moderationStore: token('moderationStore'),
  userExclusionStore: token('userExclusionStore'),
  guardStore: token('guardStore'),
  incidentStore: token('incidentStore'),
  incidentEvents: token('incidentEvents'),
  quarantineStore: token('quarantineStore'),
  webhook: token('webhook'),
  settingsStore: token('settingsStore'),
  schema: token('schema'),
  clock: token('clock'),
  logger: token('logger'),
}
