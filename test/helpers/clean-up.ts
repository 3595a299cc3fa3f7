import test, { type ExecutionContext } from 'ava'

type CleanUp = () => Promise<unknown> | unknown

const ofFile: CleanUp[] = []

/**
 * Runs `work` when the test has ended; called in an untitled hook (`test.before`), when the file's tests have. The
 * newest comes first, so that what was opened on top of something else is closed before it.
 */
export function cleanUp(t: ExecutionContext<unknown>, work: CleanUp): void {
  // AVA's own `t.teardown` is refused in hooks, and only the title tells a hook from a test.
  if (/^(before|after)(Each)?(\.always)? hook/.test(t.title)) ofFile.push(work)
  else
    t.teardown(async () => {
      await work()
    })
}

test.after.always(async () => {
  for (const work of ofFile.reverse()) await work()
})
