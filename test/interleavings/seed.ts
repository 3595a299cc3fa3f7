/** Of the random schedules: given by INTERLEAVINGS_SEED to repeat a run. */
export const seed = Number(process.env.INTERLEAVINGS_SEED ?? Math.floor(Math.random() * 2 ** 31))
