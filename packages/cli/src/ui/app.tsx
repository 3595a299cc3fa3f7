/** @jsxRuntime automatic */
import { Box } from 'ink'
import type { PostRate, VerifyReport } from 'post-rate'
import { useCallback, useState } from 'react'
import type { DashboardLog } from './dashboard-log.ts'
import { Footer, Header, Message, type Tab } from './frame.tsx'
import { Guard } from './guard.tsx'
import { Help } from './help.tsx'
import { Incidents } from './incidents.tsx'
import { Log } from './log.tsx'
import { Overview } from './overview.tsx'
import { Pipeline } from './pipeline.tsx'
import { Posts, postsLayout } from './posts.tsx'
import { progressFigures } from './progress.tsx'
import { Rebuild } from './rebuild.tsx'
import { ColorContext, Say } from './tone.tsx'
import { useClock } from './use-clock.ts'
import { useGuarded } from './use-guarded.ts'
import { useIncidents } from './use-incidents.ts'
import { type Place, useKeys } from './use-keys.ts'
import { useLatest } from './use-latest.ts'
import { useLogged } from './use-logged.ts'
import type { Polled } from './use-poll.ts'
import { usePosts } from './use-posts.ts'
import { useRebuild } from './use-rebuild.ts'
import { useSize } from './use-size.ts'
import { useStatus } from './use-status.ts'
import { type TaskState, useTask } from './use-task.ts'

/** What the dashboard asks of the library. */
export interface DashboardSource {
  status: PostRate['status']
  now: PostRate['now']
  posts: Pick<PostRate['posts'], 'list' | 'get'>
  stats: Pick<PostRate['stats'], 'get' | 'verify' | 'rebuild'>
  audit: PostRate['audit']
  guard: PostRate['guard']
  incidents: Pick<PostRate['incidents'], 'list'>
  ratings: Pick<PostRate['ratings'], 'latest'>
}

export interface AppProps {
  postRate: DashboardSource
  /** As the header names it; no secret in it. */
  databaseName: string
  color: boolean
  log: DashboardLog
  /** Draws the whole screen anew. */
  onRedraw?: () => void
}

const smallest = { columns: 60, rows: 16 }
const nothing = () => {}

/** The dashboard: its tabs over one deployment. */
export function App({ postRate, databaseName, color, log, onRedraw = nothing }: AppProps) {
  const { columns: width, rows } = useSize()
  const height = rows - 3
  const [place, setPlace] = useState<Place>({
    tab: 'overview',
    help: false,
    asking: false,
    releasing: null,
    quitting: false,
    searching: null,
    logUp: 0,
  })
  const show = useCallback((changes: Partial<Place>) => setPlace((before) => ({ ...before, ...changes })), [])
  const { tab, help, asking, releasing, quitting, searching, logUp } = place

  const now = useClock(() => postRate.now())
  const status = useStatus(postRate, { unseen: tab !== 'overview' && tab !== 'pipeline' })
  const { details, pageSize } = postsLayout(width, height)
  const posts = usePosts(postRate, { pageSize, active: tab === 'posts' })
  const row = posts.polled.value?.rows[posts.selected] ?? null
  const latest = useLatest(postRate, tab === 'posts' && details ? row : null)
  const guarded = useGuarded(postRate, { active: tab === 'guard' })
  const incidents = useIncidents(postRate, { active: tab === 'guard' })
  const verify = useTask<VerifyReport>()
  const rebuild = useRebuild(postRate)
  useLogged(log, { status, verify: verify.now, rebuild: rebuild.now, released: guarded.outcome })
  const logLines = log.lines.length
  useKeys({ postRate, place, show, posts, guarded, verify, rebuild, logLines, onRedraw })

  if (width < smallest.columns || rows < smallest.rows)
    return <Say>{`The dashboard needs ${smallest.columns}x${smallest.rows} cells; here are ${width}x${rows}.`}</Say>
  const body = () => {
    if (help) return <Help width={width} height={height} />
    if (tab === 'posts')
      return <Posts page={posts.polled.value} selected={posts.selected} {...{ latest, now, width, height }} />
    if (tab === 'guard') {
      const { polled, selected, outcome } = guarded
      const half = Math.ceil(height / 2)
      return (
        <Box flexDirection="column">
          <Guard
            posts={polled.value}
            selected={selected}
            asking={releasing}
            outcome={outcome}
            now={now}
            width={width}
            height={half}
          />
          <Incidents incidents={incidents.value} now={now} width={width} height={height - half} />
        </Box>
      )
    }
    if (tab === 'rebuild')
      return <Rebuild task={rebuild.now} asking={asking} dryRun={rebuild.dryRun} width={width} height={height} />
    if (tab === 'log') return <Log lines={log.lines} up={logUp} width={width} height={height} />
    if (status.value === null) return <Say tone="quiet">{' Reading the status…'}</Say>
    if (tab === 'pipeline')
      return <Pipeline status={status.value.status} lines={log.lines} width={width} height={height} />
    return <Overview {...status.value} verify={verify.now} width={width} height={height} />
  }
  const views: Partial<Record<Tab, Polled<unknown>>> = { posts: posts.polled, guard: guarded.polled }
  const failing = views[tab]?.error != null ? views[tab] : status
  const question = quitting
    ? 'A rebuild runs: q again stops it and quits, any other key goes on.'
    : searching === null
      ? ''
      : `Search, an id or a part of a title: ${searching}▏`
  const message = question === '' ? trouble(failing) : question
  return (
    <ColorContext value={color}>
      <Box flexDirection="column" width={width} height={rows}>
        <Header databaseName={databaseName} tab={tab} notes={{ rebuild: partDone(rebuild.now) }} width={width} />
        <Box height={height}>{body()}</Box>
        <Message text={message} tone={quitting ? 'warn' : question === '' ? 'bad' : 'accent'} width={width} />
        <Footer keys={footerKeys(tab, asking, rebuild.now.state === 'running', releasing !== null)} width={width} />
      </Box>
    </ColorContext>
  )
}

function trouble({ error, at }: Polled<unknown>): string {
  if (error !== null) return `✗ ${error} Trying again every second.`
  const silent = (performance.now() - at) / 1000
  return silent > 5 ? `✗ No answer for ${Math.round(silent)} s.` : ''
}

function partDone(task: TaskState<unknown>): string {
  if (task.state !== 'running') return ''
  return task.progress === null
    ? '…'
    : `${Math.floor(progressFigures(task.progress, task.from, task.seconds).part * 100)}%`
}

function footerKeys(tab: Tab, asking: boolean, running: boolean, releasing: boolean): [string, string][] {
  if (releasing)
    return [
      ['y', 'yes'],
      ['n', 'no'],
    ]
  if (asking)
    return [
      ['y', 'yes'],
      ['d', 'dry run'],
      ['n', 'no'],
    ]
  const ofTab: Record<Tab, [string, string][]> = {
    overview: [
      ['v', 'verify'],
      ['r', 'rebuild'],
    ],
    posts: [
      ['j k', 'select'],
      ['PgDn PgUp', 'page'],
      ['s', 'sort'],
      ['/', 'search'],
    ],
    guard: [
      ['j k', 'select'],
      ['x', 'release'],
    ],
    rebuild: running
      ? [['esc', 'stop']]
      : [
          ['r', 'rebuild'],
          ['d', 'dry run'],
        ],
    pipeline: [],
    log: [
      ['j k', 'line'],
      ['PgDn PgUp', 'page'],
    ],
  }
  return [...ofTab[tab], ['Tab', 'next view'], ['?', 'keys'], ['q', 'quit']]
}
