import { grantLikeOutbox, type Migration } from '../migration.ts'

/**
 * Rushes of ratings from the arming of the guard to the disarming, written by the fold; and what receivers have to be told of them.
 * `activity` is the post's activity counter when the incident began, so arrivals are its growth.
 */
export const incidents: Migration = {
  version: 11,
  name: 'incidents',
  sql: ({ schema }) => `
create table ${schema}.incidents (
  id bigint generated always as identity primary key,
  post_id bigint not null check (post_id between 1 and 9007199254740991),
  starts_at timestamptz not null,
  ends_at timestamptz check (ends_at > starts_at),
  state text not null default 'open' check (state in ('open', 'released', 'excluded', 'expired')),
  arrivals bigint not null default 0,
  counts_before bigint[],
  scores bigint[],
  largest_gap double precision not null default 0,
  activity bigint not null default 0,
  decided_activity bigint,
  decided_by text check (char_length(decided_by) between 1 and 255),
  decided_at timestamptz,
  reason text check (char_length(reason) between 1 and 1000),
  unique (post_id, starts_at)
);
create index incidents_running on ${schema}.incidents (post_id) where ends_at is null;
create index incidents_open on ${schema}.incidents (starts_at) where state = 'open';
create index incidents_whole on ${schema}.incidents (ends_at) where counts_before is not null;
comment on table ${schema}.incidents is
  'Rushes [starts_at, ends_at) that armed the spike guard of a post, and what somebody decided about them. A year after the end the histograms go.';

create table ${schema}.incident_events (
  id uuid not null default gen_random_uuid(),
  receiver text not null check (receiver in ('hook', 'webhook')),
  incident_id bigint not null references ${schema}.incidents on delete cascade,
  kind text not null check (kind in ('opened', 'closed', 'decided')),
  incident json not null,
  at timestamptz not null default clock_timestamp(),
  attempts integer not null default 0,
  due_at timestamptz not null default clock_timestamp(),
  delivered_at timestamptz,
  primary key (id, receiver)
);
create index incident_events_due on ${schema}.incident_events (receiver, due_at) where delivered_at is null;
create index incident_events_incident on ${schema}.incident_events (incident_id);
create index incident_events_at on ${schema}.incident_events (at);
comment on table ${schema}.incident_events is
  'What the hook and the webhook of incidents have to be told. An event that was not delivered within a day is given up.';
${grantLikeOutbox(schema, 'incidents')}
${grantLikeOutbox(schema, 'incident_events')}
`,
}
