import test from 'ava'
import fc from 'fast-check'
import { type Choice, exploreAll, exploreSome, type Run, Violation } from '../interleavings/explore.ts'
import { type Footprint, noFootprint } from '../interleavings/footprint.ts'

/** A step of a session of a toy program: it reads one variable and writes the sum, its own mark included, to another. */
interface Step {
  from: string
  to: string
}

const variables = ['x', 'y', 'z']
const step = fc.record({ from: fc.constantFrom(...variables), to: fc.constantFrom(...variables) })
const programs = fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { minLength: 2, maxLength: 3 })

test('orders that are left out come to the same as one that is taken', async (t) => {
  const property = fc.asyncProperty(programs, async (program) => {
    const reduced = await outcomesOf(program, true)
    const all = await outcomesOf(program, false)
    t.deepEqual([...reduced.outcomes].sort(), [...all.outcomes].sort())
    t.true(reduced.runs <= all.runs)
  })
  await t.notThrowsAsync(fc.assert(property, { numRuns: 60 }))
})

test('every order of steps that touch the same is taken once', async (t) => {
  const same: Step[] = [
    { from: 'x', to: 'x' },
    { from: 'x', to: 'x' },
  ]
  const { runs, outcomes } = await outcomesOf([same, same], true)
  t.is(runs, 6)
  t.is(outcomes.size, 6)
})

test('steps that touch nothing in common have one order', async (t) => {
  const { runs } = await outcomesOf(
    [[{ from: 'x', to: 'x' }], [{ from: 'y', to: 'y' }], [{ from: 'z', to: 'z' }]],
    true,
  )
  t.is(runs, 1)
})

test('random schedules are the same for the same seed', async (t) => {
  const program = [0, 1, 2].map(() => [0, 1, 2].map(() => ({ from: 'x', to: 'x' })))
  const outcomes = async (seed: number) => {
    const seen: string[] = []
    await exploreSome(async () => toyRun(program, true, (outcome) => void seen.push(outcome)), 20, seed)
    return seen
  }
  t.deepEqual(await outcomes(7), await outcomes(7))
  t.notDeepEqual(await outcomes(7), await outcomes(8))
})

test('what a judge finds ends the exploration', async (t) => {
  const begin = async () =>
    toyRun([[{ from: 'x', to: 'y' }], [{ from: 'y', to: 'x' }]], true, (outcome) => {
      if (outcome.startsWith('1')) throw new Violation('the second went first')
    })
  await t.throwsAsync(exploreAll(begin), { instanceOf: Violation })
})

async function outcomesOf(program: Step[][], reduce: boolean): Promise<{ outcomes: Set<string>; runs: number }> {
  const outcomes = new Set<string>()
  const { interleavings, complete } = await exploreAll(async () =>
    toyRun(program, reduce, (outcome) => void outcomes.add(outcome)),
  )
  return { outcomes, runs: complete ? interleavings : Number.NaN }
}

/** The outcome is what each variable was made of, in order. */
function toyRun(program: Step[][], reduce: boolean, judge: (outcome: string) => void): Run {
  const at = program.map(() => 0)
  const held = new Map(variables.map((name) => [name, '']))
  return {
    choices: () =>
      program.flatMap((steps, n): Choice[] => {
        const next = steps[at[n] as number]
        if (next === undefined) return []
        return [
          { id: `${n}`, session: `${n}`, footprint: reduce ? footprintOf(next) : { ...noFootprint, alone: true } },
        ]
      }),
    take: async (id) => {
      const n = Number(id)
      const { from, to } = program[n]?.[at[n] ?? 0] ?? { from: '', to: '' }
      at[n] = (at[n] ?? 0) + 1
      held.set(to, `${held.get(to)}${n}(${held.get(from)})`)
      return { footprint: reduce ? footprintOf({ from, to }) : { ...noFootprint, alone: true }, sessions: [] }
    },
    judge: async () => judge(variables.map((name) => held.get(name)).join(' ')),
    abandon: async () => {},
  }
}

function footprintOf({ from, to }: Step): Footprint {
  return { ...noFootprint, reads: new Set([from, to]), writes: new Set([to]), publishes: new Set([to]) }
}
