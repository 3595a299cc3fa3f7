/** The options that the bench gave this program. */
export const options = JSON.parse(process.argv[2] ?? '{}')

/** Says that the program is ready, then answers each question `{ what, … }` by the function of that name. */
export function answering(functions) {
  process.on('message', async (question) => {
    try {
      process.send({ answer: (await functions[question.what](question)) ?? null })
    } catch (error) {
      process.send({ error: error.stack ?? String(error) })
    }
  })
  process.once('disconnect', () => process.exit())
  // An ordinary end, so that `--cpu-prof` writes its profile.
  process.once('SIGTERM', () => process.exit())
  process.send({ answer: 'ready' })
}
