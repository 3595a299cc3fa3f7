import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as router from '@post-rate/express'
import test from 'ava'
import * as library from 'post-rate'
import { projectDirectory } from '../helpers/services/directories.ts'

test('what post-rate exports', async (t) => {
  t.deepEqual(Object.keys(library).sort(), [
    'PostRateError',
    'arrivesAgainMs',
    'createPostRate',
    'displayPolicies',
    'displayPolicyNames',
    'guardConstants',
    'incidentStates',
    'isArrival',
    'isPostRateError',
    'isUserId',
    'longestContent',
    'longestTitle',
    'parsePostId',
    'parsePrior',
    'parseTime',
    'stepGuard',
    'timeForms',
    'toAggregateRating',
    'tokens',
  ])
  t.deepEqual(await typesOf('packages/post-rate/src/index.ts'), [
    'AggregateRating',
    'ArrivalUnit',
    'Arrivals',
    'ArrivalsWanted',
    'AuditEntry',
    'AuditLog',
    'AuditNote',
    'AuditQuery',
    'AuditStore',
    'Bypass',
    'Clock',
    'Counters',
    'DatedRating',
    'Decision',
    'DecisionNote',
    'DependencyStatus',
    'DisplayOptions',
    'DisplaySettings',
    'Displayed',
    'Drift',
    'DriftKind',
    'Effect',
    'EraseOptions',
    'EraseRequest',
    'EventBus',
    'ExcludeRequest',
    'ExcludedUser',
    'ExcludedUsersPage',
    'ExcludedUsersQuery',
    'Exclusion',
    'ExportOptions',
    'Figures',
    'GuardConstants',
    'GuardSettings',
    'GuardState',
    'GuardStore',
    'GuardedPost',
    'Histogram',
    'HistoryBucket',
    'HistoryExclusion',
    'HistoryIncident',
    'HistoryQuery',
    'HistoryReader',
    'HistoryUnit',
    'HistoryWanted',
    'Hooks',
    'ImportLine',
    'ImportOptions',
    'ImportReport',
    'Incident',
    'IncidentArrivals',
    'IncidentDelivery',
    'IncidentEvent',
    'IncidentEventKind',
    'IncidentEvents',
    'IncidentFigures',
    'IncidentList',
    'IncidentQuery',
    'IncidentRecord',
    'IncidentState',
    'IncidentStore',
    'InputProblem',
    'LatestQuery',
    'LatestRating',
    'Lease',
    'LeaseStore',
    'ListQuery',
    'Live',
    'Logger',
    'MigrateOptions',
    'MigrationStatus',
    'ModerationEffect',
    'ModerationOptions',
    'ModerationReport',
    'ModerationRequest',
    'ModerationStore',
    'Outbox',
    'PageKey',
    'PageQuery',
    'PagedPost',
    'PartBinding',
    'PartitionLag',
    'Period',
    'Ports',
    'Post',
    'PostDraft',
    'PostHistory',
    'PostInspection',
    'PostPage',
    'PostPageJson',
    'PostRate',
    'PostRateContainer',
    'PostRateErrorCode',
    'PostRateOptions',
    'PostSort',
    'PostStats',
    'PostStore',
    'PostText',
    'PostsProgress',
    'Quarantine',
    'QuarantineStore',
    'RateOutcome',
    'Rating',
    'RatingChange',
    'RatingEvent',
    'RatingReceipt',
    'RatingStore',
    'RebuildOptions',
    'RebuildProgress',
    'RebuildReport',
    'RebuildRun',
    'RebuildStore',
    'RecordReader',
    'RedisLike',
    'RejectedLine',
    'ReleaseRequest',
    'RoleSettings',
    'RoleStatus',
    'Roles',
    'Schema',
    'Score',
    'Settings',
    'SettingsChanges',
    'SettingsNote',
    'SettingsStore',
    'SettledQuarantines',
    'SharedRedis',
    'ShownGuard',
    'ShownStats',
    'Span',
    'Standing',
    'StateStore',
    'StatsHandler',
    'StatsStore',
    'Status',
    'Subscription',
    'TraceAttributes',
    'TraceSpan',
    'Tracer',
    'UnusualActivity',
    'UserExclusionPlan',
    'UserExclusionReport',
    'UserExclusionRequest',
    'UserExclusionSteps',
    'UserExclusionStore',
    'VerifyOptions',
    'VerifyReport',
    'Webhook',
    'WebhookOptions',
  ])
})

test('what @post-rate/express exports', async (t) => {
  t.deepEqual(Object.keys(router).sort(), [
    'createModerationRouter',
    'createOpsRouter',
    'createProblemHandler',
    'createRouter',
  ])
  t.deepEqual(await typesOf('packages/express/src/index.ts'), [
    'Action',
    'Authorize',
    'AuthorizeQuestion',
    'GetUser',
    'ModerationRouterOptions',
    'ModeratorOf',
    'OpsRouterOptions',
    'ProblemCode',
    'ProblemHandlerOptions',
    'Quota',
    'RateLimitOptions',
    'RouterOptions',
  ])
})

test('every list of exports is written by hand', async (t) => {
  for (const file of await sources()) t.notRegex(await read(file), /^\s*export\s+(type\s+)?\*/m, file)
})

test('every package declares what it imports', async (t) => {
  for (const name of ['post-rate', 'express', 'cli']) {
    const manifest = JSON.parse(await read(`packages/${name}/package.json`))
    const declared = Object.keys({
      ...manifest.dependencies,
      ...manifest.peerDependencies,
      ...manifest.optionalDependencies,
      ...manifest.imports,
    })
    for (const file of (await sources()).filter((path) => path.startsWith(`packages/${name}/`)))
      for (const [, module = ''] of (await read(file)).matchAll(/(?:\bfrom|\bimport|\brequire)[ (]'([^.'][^']*)'/g)) {
        const wanted = module.split('/', module.startsWith('@') ? 2 : 1).join('/')
        t.true(module.startsWith('node:') || declared.includes(wanted), `${file} imports ${module}`)
      }
  }
})

test('every package declares what its dependencies need beside them', async (t) => {
  const { packages } = JSON.parse(await read('package-lock.json'))
  for (const name of ['post-rate', 'express', 'cli']) {
    const manifest = JSON.parse(await read(`packages/${name}/package.json`))
    const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
    for (const dependency of Object.keys(manifest.dependencies)) {
      const own = packages[`packages/${name}/node_modules/${dependency}`] ?? packages[`node_modules/${dependency}`]
      for (const peer of Object.keys(own.peerDependencies ?? {}))
        if (own.peerDependenciesMeta?.[peer]?.optional !== true)
          t.true(declared.includes(peer), `${name}: ${dependency} needs ${peer}`)
    }
  }
})

/** The types that an index file exports; what they are has no trace at run time. */
async function typesOf(file: string): Promise<string[]> {
  const lists = (await read(file)).matchAll(/^export (type )?\{([^}]*)\}/gm)
  return [...lists]
    .flatMap(([, type, names = '']) =>
      names
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '' && (type !== undefined || name.startsWith('type ')))
        .map((name) => name.replace(/^type /, '')),
    )
    .sort()
}

async function sources(): Promise<string[]> {
  const lists = ['post-rate', 'express', 'cli'].map(async (name) => {
    const files = await readdir(join(projectDirectory, `packages/${name}/src`), { recursive: true })
    return files.filter((file) => /\.tsx?$/.test(file)).map((file) => `packages/${name}/src/${file}`)
  })
  return (await Promise.all(lists)).flat()
}

function read(file: string): Promise<string> {
  return readFile(join(projectDirectory, file), 'utf8')
}
