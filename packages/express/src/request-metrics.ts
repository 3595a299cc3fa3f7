import type { Request, Response } from 'express'
import { Histogram, type Registry } from 'prom-client'

/** Notes how long a request took and how it ended, when its answer is out. */
export type MeasureRequest = (req: Request, res: Response, path: string) => void

const name = 'post_rate_http_seconds'

/** `path` is the pattern, as `/posts/{id}`: the label has one value per endpoint, however many posts there are. */
export function requestMetrics(registry: Registry): MeasureRequest {
  const histogram =
    // Another router of the same process may have made it.
    (registry.getSingleMetric(name) as Histogram | undefined) ??
    new Histogram({
      name,
      help: 'How long requests to the API took',
      labelNames: ['method', 'path', 'status'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
      registers: [registry],
    })
  return (req, res, path) => {
    const stop = histogram.startTimer({ method: req.method, path })
    res.once('close', () => stop({ status: res.statusCode }))
  }
}
