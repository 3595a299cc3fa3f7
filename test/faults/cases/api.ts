import { setTimeout as sleep } from 'node:timers/promises'
import type { FaultCase } from '../fault-case.ts'

export const apiCases: readonly FaultCase[] = [
  {
    name: 'calm',
    row: '-',
    title: 'nothing goes wrong: what the other figures are to be compared with',
    async run(_world, probe) {
      await sleep(10_000)
      probe.reached('calm seconds', 10)
    },
  },
  {
    name: 'api-killed',
    row: 'C1',
    title: 'API processes die by SIGKILL with requests in hand, again and again',
    async run(world, probe) {
      for (let round = 0; round < 4; round++) {
        const api = world.random.pick(world.apis)
        // Several at once, so that a batch is under way.
        const inHand = Array.from({ length: 30 }, () => {
          const { postId, userId } = world.ledger.take(world.random, world.posts, world.users)
          return world.load.rate(
            world.apiUrls[world.apis.indexOf(api)] as string,
            postId,
            userId,
            world.random.below(6),
          )
        })
        await sleep(world.random.between(0, 12))
        api.kill()
        const answered = await Promise.all(inHand)
        probe.reached('killed')
        probe.reached('requests in hand', answered.filter((accepted) => !accepted).length)
        await sleep(2_500)
      }
    },
  },
]
