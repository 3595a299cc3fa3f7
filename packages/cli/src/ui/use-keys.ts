import { useApp, useInput } from 'ink'
import type { PostRate, VerifyReport } from 'post-rate'
import { useEffect, useRef } from 'react'
import { type Tab, tabs } from './frame.tsx'
import { keyNames } from './keys.ts'
import type { Guarded } from './use-guarded.ts'
import type { Posts } from './use-posts.ts'
import type { RebuildTask } from './use-rebuild.ts'
import type { Task } from './use-task.ts'

/** Which view shows, and what it asks. */
export interface Place {
  tab: Tab
  help: boolean
  /** The rebuild's question waits for its answer. */
  asking: boolean
  /** The post whose release waits for its answer. */
  releasing: number | null
  /** `q` was pressed while a rebuild runs. */
  quitting: boolean
  /** What is typed behind `/`; null where nobody searches. */
  searching: string | null
  /** How many lines of the log are left out at its end. */
  logUp: number
}

/** What the keys act on. */
export interface Keyboard {
  postRate: { stats: Pick<PostRate['stats'], 'verify'> }
  place: Place
  show(changes: Partial<Place>): void
  posts: Posts
  guarded: Guarded
  verify: Task<VerifyReport>
  rebuild: RebuildTask
  logLines: number
  onRedraw(): void
}

const pageOfLog = 10
const longestSearch = 100

/** Every key of the help. A question takes all keys until it is answered; only Ctrl-C goes past it. */
export function useKeys(keyboard: Keyboard): void {
  const { postRate, place, show, posts, guarded, verify, rebuild, logLines, onRedraw } = keyboard
  const { exit } = useApp()
  const { tab, help, asking, releasing, quitting, logUp } = place
  const rebuilding = rebuild.now.state === 'running'
  const go = (by: number) => show({ tab: tabs[(tabs.indexOf(tab) + by + tabs.length) % tabs.length] ?? tab })
  const scroll = (lines: number) => show({ logUp: Math.max(0, Math.min(logLines - 1, logUp + lines)) })
  const run = (dryRun: boolean) => {
    show({ asking: false })
    rebuild.start({ dryRun })
  }

  const everywhere: Record<string, () => void> = {
    '?': () => show({ help: true }),
    q: () => (rebuilding && !rebuild.dryRun ? show({ quitting: true }) : exit()),
    tab: () => go(1),
    'shift-tab': () => go(-1),
    '1': () => show({ tab: 'overview' }),
    '2': () => show({ tab: 'posts' }),
    '3': () => show({ tab: 'rebuild' }),
    '4': () => show({ tab: 'guard' }),
    '5': () => show({ tab: 'pipeline' }),
    '6': () => show({ tab: 'log' }),
    v: () => verify.start(({ onProgress, signal }) => postRate.stats.verify({ onProgress, signal })),
    r: () => show({ tab: 'rebuild', asking: !rebuilding }),
    escape: () => (rebuilding ? rebuild.cancel() : verify.cancel()),
  }
  const ofTab: Record<Tab, Record<string, () => void>> = {
    overview: {},
    posts: {
      down: () => posts.move(1),
      up: () => posts.move(-1),
      'page-down': () => posts.turn(1),
      'page-up': () => posts.turn(-1),
      right: () => posts.turn(1),
      left: () => posts.turn(-1),
      home: posts.first,
      g: posts.first,
      s: posts.toggleSort,
      '/': () => setTyped(''),
      escape: () => posts.search(''),
    },
    rebuild: { d: () => run(true) },
    guard: {
      down: () => guarded.move(1),
      up: () => guarded.move(-1),
      x: () => show({ releasing: guarded.post?.postId ?? null }),
    },
    pipeline: {},
    log: {
      down: () => scroll(-1),
      up: () => scroll(1),
      'page-down': () => scroll(-pageOfLog),
      'page-up': () => scroll(pageOfLog),
      g: () => show({ logUp: 0 }),
    },
  }

  // Keys may come before what they raised is drawn: what is typed is known here first.
  const typed = useRef<string | null>(null)
  const setTyped = (text: string | null) => {
    typed.current = text
    show({ searching: text })
  }
  const type = (input: string, name: string | undefined) => {
    const text = typed.current ?? ''
    if (name === 'ctrl-c') exit()
    else if (name === 'escape') setTyped(null)
    else if (name === 'backspace') setTyped(Array.from(text).slice(0, -1).join(''))
    else if (name === 'return') {
      posts.search(text.trim())
      setTyped(null)
    } else if (name === undefined || input.startsWith(name))
      setTyped((text + input.replace(/\p{Cc}/gu, '')).slice(0, longestSearch))
  }
  const press = (name: string) => {
    if (name === 'ctrl-c') return exit()
    if (name === 'ctrl-l') return onRedraw()
    if (help) return show({ help: false })
    if (quitting) return name === 'q' ? exit() : show({ quitting: false })
    if (asking) {
      if (name === 'y' || name === 'd') return run(name === 'd')
      return show({ asking: false })
    }
    if (releasing !== null) {
      if (name === 'y') guarded.release(releasing)
      return show({ releasing: null })
    }
    if (/^(j+|k+)$/.test(name)) {
      const rows = name.startsWith('j') ? name.length : -name.length
      if (tab === 'posts') return posts.move(rows)
      if (tab === 'guard') return guarded.move(rows)
      if (tab === 'log') return scroll(-rows)
    }
    const action = ofTab[tab][name] ?? everywhere[name]
    action?.()
  }
  // The question whether to leave a rebuild is over with the rebuild, also where it was raised as that ended.
  useEffect(() => {
    if (quitting && !rebuilding) exit()
  }, [quitting, rebuilding, exit])
  // All keys of one chunk act on what was shown before it, so no paste can answer a question that it raised itself.
  useInput((input, key) => {
    const names = keyNames(input, key)
    if (typed.current !== null) return type(input, names[0])
    for (const name of names) {
      if (typed.current === null) press(name)
      else type(name, name)
    }
  })
}
