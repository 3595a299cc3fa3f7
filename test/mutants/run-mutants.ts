import { environment } from '../helpers/services/services.ts'
import { type Catch, catchMutant } from './catch-mutant.ts'
import { copyBuiltTree } from './copy-tree.ts'
import type { Mutant } from './mutant.ts'

const copies = 2

/** Plants one bug after the other and has each caught. `onCaught` hears of each as it ends. */
export async function runMutants(mutants: readonly Mutant[], onCaught: (one: Catch) => void): Promise<Catch[]> {
  const waiting = [...mutants]
  const caught: Catch[] = []
  const env = testEnvironment()
  const work = async () => {
    const { root, remove } = await copyBuiltTree()
    try {
      for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
        const one = await catchMutant(mutant, root, env)
        caught.push(one)
        onCaught(one)
      }
    } finally {
      remove()
    }
  }
  await Promise.all(Array.from({ length: Math.min(copies, waiting.length) }, work))
  return caught.sort((a, b) => (a.mutant.name < b.mutant.name ? -1 : 1))
}

/** One line per mutant. */
export function tableOf(caught: readonly Catch[]): string {
  const width = Math.max(...caught.map(({ mutant }) => mutant.name.length))
  return caught
    .map(({ mutant, caught: found, seconds }) => {
      const verdict = found ? 'caught' : 'NOT CAUGHT'
      return `${mutant.name.padEnd(width)}  ${verdict.padEnd(10)}  ${seconds.toFixed(1).padStart(5)} s  ${mutant.caughtBy}`
    })
    .join('\n')
}

/** The copy finds this checkout's services; AVA in it is nobody's child. */
function testEnvironment(): NodeJS.ProcessEnv {
  const { DATABASE_URL, REDIS_URL, KAFKA_BROKERS } = environment()
  const services = { TEST_DATABASE_URL: DATABASE_URL, TEST_REDIS_URL: REDIS_URL, TEST_KAFKA_BROKERS: KAFKA_BROKERS }
  const known = Object.entries(services).filter(([, url]) => url !== undefined)
  const own = Object.entries(process.env).filter(([name]) => !/^(?:NODE_OPTIONS|AVA_|npm_)/.test(name))
  return { ...Object.fromEntries(known), ...Object.fromEntries(own), NO_COLOR: '1' }
}
