import type { Post, PostInspection, PostRate, PostSort } from 'post-rate'
import { useCallback, useRef, useState } from 'react'
import { findPosts, present } from './find-posts.ts'
import { type Polled, usePoll } from './use-poll.ts'

/** A post with its figures; `inspection` is null for one that was deleted meanwhile. */
export interface PostRow {
  post: Post
  inspection: PostInspection | null
}

export interface PostsPage {
  sort: PostSort
  rows: readonly PostRow[]
  /** What was looked for; empty where all posts are shown. */
  search: string
  /** 1-based. */
  number: number
  last: boolean
}

export interface Posts {
  sort: PostSort
  polled: Polled<PostsPage>
  /** Index of the selected row. */
  selected: number
  /** Moves the selection by rows, over the page's ends to its neighbours. */
  move(rows: number): void
  /** Turns pages, keeping the place of the selection. */
  turn(pages: 1 | -1): void
  /** To the first page. */
  first(): void
  toggleSort(): void
  /** An id, or a part of a title; empty for all posts. */
  search(text: string): void
}

interface Place {
  sort: PostSort
  search: string
  /** The cursor of every page up to this one. */
  cursors: readonly (string | null)[]
  selected: number
  selectedId: number | null
}

const start: Place = { sort: 'newest', search: '', cursors: [null], selected: 0, selectedId: null }

/** A page of posts, read every second while `active`, and the selection in it, which follows its post. */
export function usePosts(
  postRate: { posts: Pick<PostRate['posts'], 'list' | 'get'>; stats: Pick<PostRate['stats'], 'get'> },
  { pageSize, active }: { pageSize: number; active: boolean },
): Posts {
  const [place, setPlace] = useState(start)
  const { sort, search, cursors } = place
  /** Titles are searched once; what was found is then followed. */
  const found = useRef<{ search: string; ids: number[] } | null>(null)
  const after = cursors.at(-1) ?? null
  const number = cursors.length

  const read = useCallback(async () => {
    const pageOf = async () => {
      if (search === '') return postRate.posts.list({ limit: Math.min(100, pageSize), after, sort })
      const items =
        found.current?.search === search
          ? await present(postRate.posts.get, ...found.current.ids)
          : await findPosts(postRate.posts, search, pageSize)
      found.current = { search, ids: items.map(({ id }) => id) }
      return { items, next: null }
    }
    const { items, next } = await pageOf()
    const inspections = items.length === 0 ? [] : await postRate.stats.get(items.map(({ id }) => id))
    const byId = new Map(inspections.map((inspection) => [inspection.postId, inspection]))
    const rows = items.map((post) => ({ post, inspection: byId.get(post.id) ?? null }))
    return { sort, search, after, next, rows, number, last: next === null }
  }, [postRate, pageSize, after, sort, search, number])
  const polled = usePoll(active ? read : null, 1000)

  const page = polled.value
  const rows = page?.rows ?? []
  const followed = rows.findIndex(({ post }) => post.id === place.selectedId)
  const selected = Math.max(0, followed >= 0 ? followed : Math.min(place.selected, rows.length - 1))
  // Until the page that was turned to is there, keys have nothing to move on.
  const settled = page !== null && page.after === after && page.sort === sort && page.search === search

  const turn = (pages: 1 | -1, to = selected) => {
    if (!settled) return
    const back = pages < 0 && cursors.length > 1
    if (!back && !(pages > 0 && page.next !== null)) return
    const turned = back ? cursors.slice(0, -1) : [...cursors, page.next]
    setPlace({ sort, search, cursors: turned, selected: to, selectedId: null })
  }
  const move = (by: number) => {
    if (!settled || rows.length === 0) return
    const to = selected + by
    if (to >= rows.length && page.next !== null) return turn(1, 0)
    if (to < 0 && cursors.length > 1) return turn(-1, pageSize - 1)
    const index = Math.max(0, Math.min(rows.length - 1, to))
    setPlace({ ...place, selected: index, selectedId: rows[index]?.post.id ?? null })
  }
  return {
    sort,
    polled,
    selected,
    move,
    turn: (pages) => turn(pages),
    first: () => setPlace({ ...start, sort }),
    toggleSort: () => setPlace({ ...start, sort: sort === 'newest' ? 'top' : 'newest' }),
    search: (text) => {
      found.current = null
      setPlace({ ...start, sort, search: text })
    },
  }
}
