import type { Container } from 'inversify'

/** The composition root's type, for hosts that bind parts of their own. */
export type PostRateContainer = Container
