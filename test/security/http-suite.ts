import { needs } from '../helpers/requires.ts'
import { httpRows } from './http-rows.ts'
import { startHttpStage } from './http-stage.ts'
import { runRows } from './row.ts'
import { tableOf } from './table.ts'

/** The rows that are one request or a few, on whichever Express this process has. */
export function httpSuite(express: string): void {
  needs('postgres', 'redis')(`bad input over HTTP (${express})`, async (t) => {
    const table = tableOf(t)
    await runRows(httpRows, await startHttpStage(t), express, table.add)
    table.judge()
  })
}
