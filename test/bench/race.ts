import { type Spread, spreadOf } from './statistics.ts'

/** One run of something that is measured; resolves to its figure. */
export type Contender = () => Promise<number>

export interface RaceResult<Name extends string> {
  /** What each measured, in its own unit. */
  values: Record<Name, Spread>
  /** Of each to the peer, round by round: what slows a machine down for a while slows both. */
  ratios: Record<Name, Spread>
}

/**
 * Lets contenders take turns, each round in another order, after one round that is not counted. `peer` is the one that
 * the others are held against.
 */
export async function race<Name extends string>(
  runs: number,
  contenders: Record<Name | 'peer', Contender>,
  { warmUp = true }: { warmUp?: boolean } = {},
): Promise<RaceResult<Name | 'peer'>> {
  const names = Object.keys(contenders) as (Name | 'peer')[]
  const rounds: Record<Name | 'peer', number>[] = []
  for (let round = warmUp ? -1 : 0; round < runs; round++) {
    const figures = {} as Record<Name | 'peer', number>
    const turn = (round + names.length) % names.length
    for (const name of [...names.slice(turn), ...names.slice(0, turn)]) figures[name] = await contenders[name]()
    if (round >= 0) rounds.push(figures)
  }
  const of = (figure: (round: Record<Name | 'peer', number>, name: Name | 'peer') => number) =>
    Object.fromEntries(names.map((name) => [name, spreadOf(rounds.map((round) => figure(round, name)))])) as Record<
      Name | 'peer',
      Spread
    >
  return { values: of((round, name) => round[name]), ratios: of((round, name) => round[name] / round.peer) }
}
