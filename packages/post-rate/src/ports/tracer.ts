export type TraceAttributes = Record<string, string | number>

/** Follows a rating through the processes that handle it, for OpenTelemetry or what is like it. No method may throw. */
export interface Tracer {
  /**
   * Begins a span, under `parent` where one is given (a W3C `traceparent`, from another process), otherwise under whatever
   * is active.
   */
  start(name: string, attributes: TraceAttributes, parent?: string): TraceSpan
}

export interface TraceSpan {
  /** W3C `traceparent` of this span. */
  readonly traceparent: string
  end(outcome?: { error?: unknown; attributes?: TraceAttributes }): void
}
