const rememberedMs = 2_000
const rememberedAtMost = 10_000

/** Posts of which something was locked a moment ago. */
export class ContendedPosts {
  readonly #until = new Map<number, number>()

  note(postId: number): void {
    if (this.#until.size >= rememberedAtMost) this.#until.clear()
    this.#until.set(postId, performance.now() + rememberedMs)
  }

  has(postId: number): boolean {
    const until = this.#until.get(postId)
    if (until === undefined) return false
    if (until > performance.now()) return true
    this.#until.delete(postId)
    return false
  }
}
