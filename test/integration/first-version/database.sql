-- A database as the first version of the schema left it, written by pg_dump: posts, ratings, a relay that stopped while the
-- bus was away (rows folded and not acknowledged), and what came after it had stopped (rows not folded). Windows were 4 s,
-- then 2 s. Never edited: it stands for what is out there.

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

CREATE SCHEMA post_rate;

CREATE FUNCTION post_rate.posts_added() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  with made as (
    insert into post_rate.post_stats (post_id, rank)
    select id, prior_mean from added, post_rate.settings
    on conflict do nothing returning post_id)
  insert into post_rate.rating_outbox (kind, post_id)
  select 'created', id from added where not exists (select from made where made.post_id = added.id);
  return null;
end $$;

CREATE FUNCTION post_rate.posts_removed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  insert into post_rate.rating_outbox (kind, post_id) select 'deleted', id from removed;
  return null;
end $$;

CREATE FUNCTION post_rate.posts_renumbered() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  insert into post_rate.rating_outbox (kind, post_id)
  select 'deleted', id from removed where not exists (select from added where added.id = removed.id);
  with renumbered as (select id from added where not exists (select from removed where removed.id = added.id)),
  made as (
    insert into post_rate.post_stats (post_id, rank)
    select id, prior_mean from renumbered, post_rate.settings
    on conflict do nothing returning post_id)
  insert into post_rate.rating_outbox (kind, post_id)
  select 'created', id from renumbered where not exists (select from made where made.post_id = renumbered.id);
  return null;
end $$;

CREATE FUNCTION post_rate.ratings_deleted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  insert into post_rate.rating_outbox (post_id, user_id, previous_score, rated_at, previous_rated_at)
  select post_id, user_id, score, clock_timestamp(), rated_at from removed;
  return null;
end $$;

CREATE FUNCTION post_rate.ratings_inserted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  insert into post_rate.rating_outbox (post_id, user_id, score, rated_at)
  select post_id, user_id, score, rated_at from added;
  return null;
end $$;

CREATE FUNCTION post_rate.ratings_updated() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  insert into post_rate.rating_outbox (post_id, user_id, score, previous_score, rated_at, previous_rated_at)
  select post_id, user_id, n.score, o.score, coalesce(n.rated_at, clock_timestamp()), o.rated_at
  from removed as o full join added as n using (post_id, user_id)
  where o.score is distinct from n.score
  order by n.score is not null;
  return null;
end $$;

CREATE FUNCTION post_rate.refuse_truncate() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  raise exception 'TRUNCATE would lose ratings without counting it'
    using hint = 'Use DELETE: each withdrawn rating is then counted.', errcode = 'feature_not_supported';
end $$;

SET default_tablespace = '';

SET default_table_access_method = heap;

CREATE TABLE post_rate.leases (
    name text NOT NULL,
    holder text NOT NULL,
    term bigint DEFAULT 1 NOT NULL,
    expires_at timestamp with time zone NOT NULL
)
WITH (fillfactor='50');

CREATE TABLE post_rate.migrations (
    version integer NOT NULL,
    name text NOT NULL,
    applied_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE post_rate.post_stats (
    post_id bigint NOT NULL,
    version bigint DEFAULT 0 NOT NULL,
    counts bigint[] DEFAULT '{0,0,0,0,0,0}'::bigint[] NOT NULL,
    activity bigint DEFAULT 0 NOT NULL,
    displayed_counts bigint[] DEFAULT '{0,0,0,0,0,0}'::bigint[] NOT NULL,
    displayed_count bigint DEFAULT 0 NOT NULL,
    displayed_average numeric(5,4),
    displayed_activity bigint DEFAULT 0 NOT NULL,
    as_of timestamp with time zone DEFAULT date_trunc('milliseconds'::text, clock_timestamp()) NOT NULL,
    window_end timestamp with time zone,
    step_at timestamp with time zone,
    guard json,
    rank numeric(14,12) NOT NULL,
    deleted boolean DEFAULT false NOT NULL,
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT post_stats_post_id_check CHECK (((post_id >= 1) AND (post_id <= '9007199254740991'::bigint)))
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.05');

CREATE TABLE post_rate.posts (
    id bigint NOT NULL,
    title text NOT NULL,
    content text NOT NULL,
    created_by text NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT posts_content_check CHECK (((char_length(content) >= 1) AND (char_length(content) <= 65536))),
    CONSTRAINT posts_created_at_check CHECK (((created_at >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (created_at < '10000-01-01 00:00:00+00'::timestamp with time zone))),
    CONSTRAINT posts_created_by_check CHECK ((((char_length(created_by) >= 1) AND (char_length(created_by) <= 255)) AND (created_by !~ '[\u0001-\u001f\u007f-\u009f]'::text))),
    CONSTRAINT posts_id_check CHECK (((id >= 1) AND (id <= '9007199254740991'::bigint))),
    CONSTRAINT posts_title_check CHECK (((char_length(title) >= 1) AND (char_length(title) <= 300)))
);

ALTER TABLE post_rate.posts ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME post_rate.posts_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE post_rate.rating_outbox (
    id bigint NOT NULL,
    event_id uuid DEFAULT gen_random_uuid() NOT NULL,
    kind text DEFAULT 'rating'::text NOT NULL,
    post_id bigint NOT NULL,
    user_id text,
    score smallint,
    previous_score smallint,
    rated_at timestamp with time zone,
    previous_rated_at timestamp with time zone,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    version bigint,
    state json
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='5000', autovacuum_vacuum_insert_scale_factor='0.5');

ALTER TABLE post_rate.rating_outbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME post_rate.rating_outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE post_rate.ratings (
    post_id bigint NOT NULL,
    user_id text NOT NULL,
    score smallint NOT NULL,
    previous_score smallint,
    rated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT ratings_rated_at_check CHECK (((rated_at >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (rated_at < '10000-01-01 00:00:00+00'::timestamp with time zone))),
    CONSTRAINT ratings_score_check CHECK (((score >= 0) AND (score <= 5))),
    CONSTRAINT ratings_user_id_check CHECK ((((char_length(user_id) >= 1) AND (char_length(user_id) <= 255)) AND (user_id !~ '[\u0001-\u001f\u007f-\u009f]'::text)))
);

COMMENT ON COLUMN post_rate.ratings.previous_score IS 'What the last change replaced, for its own RETURNING; nothing is computed from it.';

CREATE TABLE post_rate.relay_progress (
    shard integer NOT NULL,
    shards integer NOT NULL,
    watermark timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    events bigint DEFAULT 0 NOT NULL
)
WITH (fillfactor='50');

CREATE TABLE post_rate.settings (
    singleton boolean DEFAULT true NOT NULL,
    source uuid DEFAULT gen_random_uuid() NOT NULL,
    posts text NOT NULL,
    display text NOT NULL,
    window_seconds integer NOT NULL,
    prior_weight double precision NOT NULL,
    prior_mean double precision NOT NULL,
    relay_shards integer DEFAULT 1 NOT NULL,
    effective_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    previous jsonb,
    version_floor bigint DEFAULT 0 NOT NULL,
    physical_database text,
    CONSTRAINT settings_posts_check CHECK ((posts = ANY (ARRAY['own'::text, 'external'::text]))),
    CONSTRAINT settings_prior_mean_check CHECK (((prior_mean >= (0)::double precision) AND (prior_mean <= (5)::double precision))),
    CONSTRAINT settings_prior_weight_check CHECK ((prior_weight > (0)::double precision)),
    CONSTRAINT settings_relay_shards_check CHECK (((relay_shards >= 1) AND (relay_shards <= 64))),
    CONSTRAINT settings_singleton_check CHECK (singleton),
    CONSTRAINT settings_window_seconds_check CHECK ((window_seconds >= 1))
);

INSERT INTO post_rate.leases VALUES
	('relay:0/1', 'a4e2e595-4fd2-47b7-ae3e-64994480a42a', 2, '-infinity'),
	('reconciler:0/1', '8ebc0faa-5c12-4391-b23d-5b71c85c2a5f', 1, '-infinity');

INSERT INTO post_rate.migrations VALUES
	(1, 'ratings', '2025-01-15 20:30:49.008346+00');

INSERT INTO post_rate.post_stats VALUES
	(1, 17, '{0,2,0,1,1,5}', 13, '{0,2,1,3,0,3}', 9, 3.1111, 10, '2025-01-15 20:30:52.727+00', '2025-01-15 20:31:14.727+00', '2025-01-15 20:31:14.727+00', NULL, 2.789468421053, false, '2025-01-15 20:31:13.067424+00'),
	(2, 19, '{2,0,1,3,0,1}', 12, '{2,0,1,3,0,1}', 7, 2.2857, 12, '2025-01-15 20:31:13.078+00', '2025-01-15 20:31:15.078+00', NULL, NULL, 2.411758823529, false, '2025-01-15 20:31:13.0999+00'),
	(4, 17, '{2,3,1,1,1,0}', 12, '{0,2,1,2,2,0}', 7, 2.5714, 8, '2025-01-15 20:30:53.093+00', '2025-01-15 20:31:15.093+00', '2025-01-15 20:31:15.093+00', NULL, 2.529400000000, false, '2025-01-15 20:31:13.135786+00'),
	(10, 10, '{0,0,0,0,0,0}', 4, '{0,0,0,0,0,0}', 0, NULL, 4, '2025-01-15 20:31:13.125+00', NULL, NULL, NULL, 2.500000000000, true, '2025-01-15 20:31:13.135858+00'),
	(3, 17, '{0,3,1,0,1,3}', 11, '{0,3,1,0,1,3}', 8, 3.0000, 11, '2025-01-15 20:31:14.487+00', '2025-01-15 20:31:16.487+00', NULL, NULL, 2.722222222222, false, '2025-01-15 20:31:14.508446+00'),
	(11, 0, '{0,0,0,0,0,0}', 0, '{0,0,0,0,0,0}', 0, NULL, 0, '2025-01-15 20:30:49.267+00', NULL, NULL, NULL, 2.500000000000, false, '2025-01-15 20:30:49.267265+00'),
	(12, 0, '{0,0,0,0,0,0}', 0, '{0,0,0,0,0,0}', 0, NULL, 0, '2025-01-15 20:30:49.273+00', NULL, NULL, NULL, 2.500000000000, false, '2025-01-15 20:30:49.273417+00'),
	(9, 19, '{0,0,0,0,0,0}', 9, '{0,0,0,0,0,0}', 0, NULL, 9, '2025-01-15 20:30:49.836+00', NULL, NULL, NULL, 2.500000000000, true, '2025-01-15 20:30:49.850687+00'),
	(8, 10, '{2,2,1,0,1,1}', 8, '{2,2,1,0,1,1}', 7, 1.8571, 8, '2025-01-15 20:30:50.187+00', '2025-01-15 20:30:54.187+00', NULL, NULL, 2.235276470588, false, '2025-01-15 20:30:50.215513+00'),
	(7, 11, '{1,2,1,2,0,2}', 9, '{1,2,1,2,0,2}', 8, 2.5000, 9, '2025-01-15 20:30:50.66+00', '2025-01-15 20:30:54.66+00', NULL, NULL, 2.500000000000, false, '2025-01-15 20:30:50.723396+00'),
	(6, 10, '{0,2,1,1,1,2}', 8, '{0,2,1,1,1,2}', 7, 3.0000, 8, '2025-01-15 20:30:52.552+00', '2025-01-15 20:30:56.552+00', NULL, NULL, 2.705882352941, false, '2025-01-15 20:30:52.687811+00'),
	(5, 12, '{4,1,1,1,0,0}', 8, '{4,1,1,1,0,0}', 7, 0.8571, 8, '2025-01-15 20:30:53.485+00', '2025-01-15 20:30:57.485+00', NULL, NULL, 1.823511764706, false, '2025-01-15 20:30:53.489888+00'),
	(13, 0, '{0,0,0,0,0,0}', 0, '{0,0,0,0,0,0}', 0, NULL, 0, '2025-01-15 20:31:14.924+00', NULL, NULL, NULL, 2.500000000000, false, '2025-01-15 20:31:14.924155+00');

INSERT INTO post_rate.posts VALUES
	(1, 'Post 1', 'Text of post 1.', 'ada', '2025-01-15 20:30:49.145066+00'),
	(2, 'Post 2', 'Text of post 2.', 'ada', '2025-01-15 20:30:49.16534+00'),
	(3, 'Post 3', 'Text of post 3.', 'ada', '2025-01-15 20:30:49.190681+00'),
	(4, 'Post 4', 'Text of post 4.', 'ada', '2025-01-15 20:30:49.215569+00'),
	(5, 'Post 5', 'Text of post 5.', 'ada', '2025-01-15 20:30:49.223914+00'),
	(6, 'Post 6', 'Text of post 6.', 'ada', '2025-01-15 20:30:49.227513+00'),
	(7, 'Post 7', 'Text of post 7.', 'ada', '2025-01-15 20:30:49.234916+00'),
	(11, 'Post 11', 'Text of post 11.', 'ada', '2025-01-15 20:30:49.267156+00'),
	(12, 'Post 12', 'Text of post 12.', 'ada', '2025-01-15 20:30:49.273305+00'),
	(13, 'Post 13', 'Nobody has rated it.', 'grace', '2025-01-15 20:31:14.922138+00');

INSERT INTO post_rate.rating_outbox OVERRIDING SYSTEM VALUE VALUES
	(123, 'c7a7bcd2-4e41-480e-9ae4-cb32b4e5d4f1', 'rating', 1, 'user 6', 5, 3, '2025-01-15 20:31:13.030982+00', '2025-01-15 20:30:49.332777+00', '2025-01-15 20:31:13.031195+00', 15, '{"postId":1,"version":15,"counts":[0,2,1,2,0,4],"activity":11,"displayed":{"count":9,"sum":28,"average":3.1111,"histogram":[0,2,1,3,0,3],"asOf":"2025-01-15T20:30:52.727Z","nextUpdateAt":"2025-01-15T20:31:14.727Z","stepAt":"2025-01-15T20:31:14.727Z","activity":10,"guard":null}}'),
	(124, 'b733a46c-04b4-48a2-a512-d580525b2191', 'rating', 1, 'user 7', 4, 3, '2025-01-15 20:31:13.03606+00', '2025-01-15 20:30:49.334888+00', '2025-01-15 20:31:13.036197+00', 16, '{"postId":1,"version":16,"counts":[0,2,1,1,1,4],"activity":12,"displayed":{"count":9,"sum":28,"average":3.1111,"histogram":[0,2,1,3,0,3],"asOf":"2025-01-15T20:30:52.727Z","nextUpdateAt":"2025-01-15T20:31:14.727Z","stepAt":"2025-01-15T20:31:14.727Z","activity":10,"guard":null}}'),
	(125, 'eca9a053-efcf-46e9-8f37-883c8889620c', 'rating', 1, 'user 8', 5, 2, '2025-01-15 20:31:13.043309+00', '2025-01-15 20:30:49.341367+00', '2025-01-15 20:31:13.043405+00', 17, '{"postId":1,"version":17,"counts":[0,2,0,1,1,5],"activity":13,"displayed":{"count":9,"sum":28,"average":3.1111,"histogram":[0,2,1,3,0,3],"asOf":"2025-01-15T20:30:52.727Z","nextUpdateAt":"2025-01-15T20:31:14.727Z","stepAt":"2025-01-15T20:31:14.727Z","activity":10,"guard":null}}'),
	(126, 'f76a4fd6-9f10-433f-8b79-29d6fb2c221c', 'rating', 2, 'user 5', 0, 3, '2025-01-15 20:31:13.050577+00', '2025-01-15 20:30:49.385311+00', '2025-01-15 20:31:13.050691+00', 16, '{"postId":2,"version":16,"counts":[1,0,0,3,2,1],"activity":10,"displayed":{"count":7,"sum":25,"average":3.5714,"histogram":[0,0,0,4,2,1],"asOf":"2025-01-15T20:30:51.078Z","nextUpdateAt":"2025-01-15T20:31:13.078Z","stepAt":"2025-01-15T20:31:13.078Z","activity":9,"guard":null}}'),
	(127, '0451cd86-a282-4140-b804-55b63b0373cc', 'rating', 2, 'user 6', 0, 4, '2025-01-15 20:31:13.05384+00', '2025-01-15 20:30:49.393893+00', '2025-01-15 20:31:13.053938+00', 17, '{"postId":2,"version":17,"counts":[2,0,0,3,1,1],"activity":11,"displayed":{"count":7,"sum":25,"average":3.5714,"histogram":[0,0,0,4,2,1],"asOf":"2025-01-15T20:30:51.078Z","nextUpdateAt":"2025-01-15T20:31:13.078Z","stepAt":"2025-01-15T20:31:13.078Z","activity":9,"guard":null}}'),
	(128, 'becb3bf3-a7df-426a-a2e6-cb6d2ba0dc7a', 'rating', 2, 'user 7', 2, 4, '2025-01-15 20:31:13.067889+00', '2025-01-15 20:30:49.400041+00', '2025-01-15 20:31:13.068013+00', 18, '{"postId":2,"version":18,"counts":[2,0,1,3,0,1],"activity":12,"displayed":{"count":7,"sum":25,"average":3.5714,"histogram":[0,0,0,4,2,1],"asOf":"2025-01-15T20:30:51.078Z","nextUpdateAt":"2025-01-15T20:31:13.078Z","stepAt":"2025-01-15T20:31:13.078Z","activity":9,"guard":null}}'),
	(129, '8bc60796-1b3d-487c-8059-fbec58c4d1c9', 'rating', 3, 'user 5', 5, 4, '2025-01-15 20:31:13.085489+00', '2025-01-15 20:30:49.430639+00', '2025-01-15 20:31:13.085604+00', 13, '{"postId":3,"version":13,"counts":[0,1,1,1,1,2],"activity":8,"displayed":{"count":6,"sum":19,"average":3.1667,"histogram":[0,1,1,1,2,1],"asOf":"2025-01-15T20:30:52.487Z","nextUpdateAt":"2025-01-15T20:31:14.487Z","stepAt":"2025-01-15T20:31:14.487Z","activity":7,"guard":null}}'),
	(130, 'd1d693de-0223-4533-8096-adb6baacc800', 'rating', 3, 'user 6', 1, 3, '2025-01-15 20:31:13.087371+00', '2025-01-15 20:30:49.439378+00', '2025-01-15 20:31:13.087455+00', 14, '{"postId":3,"version":14,"counts":[0,2,1,0,1,2],"activity":9,"displayed":{"count":6,"sum":19,"average":3.1667,"histogram":[0,1,1,1,2,1],"asOf":"2025-01-15T20:30:52.487Z","nextUpdateAt":"2025-01-15T20:31:14.487Z","stepAt":"2025-01-15T20:31:14.487Z","activity":7,"guard":null}}'),
	(134, 'a60f6b2c-e356-4f28-8306-7124fcf6a163', 'display', 2, NULL, NULL, NULL, NULL, NULL, '2025-01-15 20:31:13.102546+00', 19, '{"postId":2,"version":19,"counts":[2,0,1,3,0,1],"activity":12,"displayed":{"count":7,"sum":16,"average":2.2857,"histogram":[2,0,1,3,0,1],"asOf":"2025-01-15T20:31:13.078Z","nextUpdateAt":"2025-01-15T20:31:15.078Z","stepAt":null,"activity":12,"guard":null}}'),
	(131, '521dab6b-8802-44ca-8c81-8fa40a9ea003', 'rating', 3, 'user 7', 5, NULL, '2025-01-15 20:31:13.093263+00', NULL, '2025-01-15 20:31:13.093548+00', 15, '{"postId":3,"version":15,"counts":[0,2,1,0,1,3],"activity":10,"displayed":{"count":6,"sum":19,"average":3.1667,"histogram":[0,1,1,1,2,1],"asOf":"2025-01-15T20:30:52.487Z","nextUpdateAt":"2025-01-15T20:31:14.487Z","stepAt":"2025-01-15T20:31:14.487Z","activity":7,"guard":null}}'),
	(132, '88c1a3ff-35dd-47fd-a083-eb19ec2415f2', 'rating', 3, 'user 8', 1, NULL, '2025-01-15 20:31:13.096716+00', NULL, '2025-01-15 20:31:13.096875+00', 16, '{"postId":3,"version":16,"counts":[0,3,1,0,1,3],"activity":11,"displayed":{"count":6,"sum":19,"average":3.1667,"histogram":[0,1,1,1,2,1],"asOf":"2025-01-15T20:30:52.487Z","nextUpdateAt":"2025-01-15T20:31:14.487Z","stepAt":"2025-01-15T20:31:14.487Z","activity":7,"guard":null}}'),
	(133, '848834ae-436b-4810-b3d6-6fc2dd4af5ba', 'rating', 4, 'user 5', 0, 4, '2025-01-15 20:31:13.101725+00', '2025-01-15 20:30:49.504617+00', '2025-01-15 20:31:13.101867+00', 14, '{"postId":4,"version":14,"counts":[1,2,1,2,1,0],"activity":9,"displayed":{"count":7,"sum":18,"average":2.5714,"histogram":[0,2,1,2,2,0],"asOf":"2025-01-15T20:30:53.093Z","nextUpdateAt":"2025-01-15T20:31:15.093Z","stepAt":"2025-01-15T20:31:15.093Z","activity":8,"guard":null}}'),
	(137, 'e6fa4597-5f86-4f83-9187-ab95a1a47202', 'rating', 4, 'user 8', 0, NULL, '2025-01-15 20:31:13.109887+00', NULL, '2025-01-15 20:31:13.110099+00', 17, '{"postId":4,"version":17,"counts":[2,3,1,1,1,0],"activity":12,"displayed":{"count":7,"sum":18,"average":2.5714,"histogram":[0,2,1,2,2,0],"asOf":"2025-01-15T20:30:53.093Z","nextUpdateAt":"2025-01-15T20:31:15.093Z","stepAt":"2025-01-15T20:31:15.093Z","activity":8,"guard":null}}'),
	(142, '3c7a39d3-06d7-4a5c-ac8a-d64728806902', 'display', 3, NULL, NULL, NULL, NULL, NULL, '2025-01-15 20:31:14.509922+00', 17, '{"postId":3,"version":17,"counts":[0,3,1,0,1,3],"activity":11,"displayed":{"count":8,"sum":24,"average":3,"histogram":[0,3,1,0,1,3],"asOf":"2025-01-15T20:31:14.487Z","nextUpdateAt":"2025-01-15T20:31:16.487Z","stepAt":null,"activity":11,"guard":null}}'),
	(135, '75ead824-7dc3-44ba-8a5b-d2ca13c93462', 'rating', 4, 'user 6', 2, 3, '2025-01-15 20:31:13.104014+00', '2025-01-15 20:30:49.510621+00', '2025-01-15 20:31:13.104093+00', 15, '{"postId":4,"version":15,"counts":[1,2,2,1,1,0],"activity":10,"displayed":{"count":7,"sum":18,"average":2.5714,"histogram":[0,2,1,2,2,0],"asOf":"2025-01-15T20:30:53.093Z","nextUpdateAt":"2025-01-15T20:31:15.093Z","stepAt":"2025-01-15T20:31:15.093Z","activity":8,"guard":null}}'),
	(136, 'efa13681-2bbd-4fab-bfad-41ccf8066889', 'rating', 4, 'user 7', 1, 2, '2025-01-15 20:31:13.106749+00', '2025-01-15 20:30:49.515334+00', '2025-01-15 20:31:13.106827+00', 16, '{"postId":4,"version":16,"counts":[1,3,1,1,1,0],"activity":11,"displayed":{"count":7,"sum":18,"average":2.5714,"histogram":[0,2,1,2,2,0],"asOf":"2025-01-15T20:30:53.093Z","nextUpdateAt":"2025-01-15T20:31:15.093Z","stepAt":"2025-01-15T20:31:15.093Z","activity":8,"guard":null}}'),
	(138, '30f7766e-53ac-4368-ac3c-807bfea9cdc9', 'deleted', 10, NULL, NULL, NULL, NULL, NULL, '2025-01-15 20:31:13.124603+00', 7, '{"postId":10,"version":7,"counts":[0,2,1,0,0,0],"activity":4,"displayed":{"count":0,"sum":0,"average":null,"histogram":[0,0,0,0,0,0],"asOf":"2025-01-15T20:31:13.124Z","nextUpdateAt":null,"stepAt":null,"activity":4,"guard":null},"deleted":true}'),
	(139, '08270c4a-913c-4104-8aaa-aabaa7aa280d', 'rating', 10, 'user 0', NULL, 2, '2025-01-15 20:31:13.125111+00', '2025-01-15 20:30:49.738642+00', '2025-01-15 20:31:13.125124+00', 8, '{"postId":10,"version":8,"counts":[0,2,0,0,0,0],"activity":4,"displayed":{"count":0,"sum":0,"average":null,"histogram":[0,0,0,0,0,0],"asOf":"2025-01-15T20:31:13.125Z","nextUpdateAt":null,"stepAt":null,"activity":4,"guard":null},"deleted":true}'),
	(140, '0a8a0f20-fd82-49f4-a209-cc487b65dc9f', 'rating', 10, 'user 1', NULL, 1, '2025-01-15 20:31:13.125147+00', '2025-01-15 20:30:49.743303+00', '2025-01-15 20:31:13.12515+00', 9, '{"postId":10,"version":9,"counts":[0,1,0,0,0,0],"activity":4,"displayed":{"count":0,"sum":0,"average":null,"histogram":[0,0,0,0,0,0],"asOf":"2025-01-15T20:31:13.125Z","nextUpdateAt":null,"stepAt":null,"activity":4,"guard":null},"deleted":true}'),
	(141, 'de866171-7c9c-4066-bcec-6ff44fd1446b', 'rating', 10, 'żółw 🐢', NULL, 1, '2025-01-15 20:31:13.125153+00', '2025-01-15 20:30:49.75015+00', '2025-01-15 20:31:13.125154+00', 10, '{"postId":10,"version":10,"counts":[0,0,0,0,0,0],"activity":4,"displayed":{"count":0,"sum":0,"average":null,"histogram":[0,0,0,0,0,0],"asOf":"2025-01-15T20:31:13.125Z","nextUpdateAt":null,"stepAt":null,"activity":4,"guard":null},"deleted":true}'),
	(143, '1119c17d-b4e1-44fb-9349-3a0d62703b62', 'rating', 1, 'user 10', 2, NULL, '2025-01-15 20:31:14.684164+00', NULL, '2025-01-15 20:31:14.690666+00', NULL, NULL),
	(144, 'a47c531f-14a2-4552-8bd0-d28ec1fbec62', 'rating', 1, 'user 11', 1, NULL, '2025-01-15 20:31:14.715586+00', NULL, '2025-01-15 20:31:14.716013+00', NULL, NULL),
	(145, 'd5f6ad6f-19dc-43f9-85df-de54be1ac6ef', 'rating', 1, 'user 12', 2, NULL, '2025-01-15 20:31:14.717519+00', NULL, '2025-01-15 20:31:14.717823+00', NULL, NULL),
	(146, 'fd41be76-8066-431c-b295-e18952c51ca0', 'rating', 1, 'user 13', 5, NULL, '2025-01-15 20:31:14.725807+00', NULL, '2025-01-15 20:31:14.726037+00', NULL, NULL),
	(147, '5dfc6763-7bd1-46d4-ad8b-d3c7fa7a7827', 'rating', 1, 'user 14', 4, NULL, '2025-01-15 20:31:14.729074+00', NULL, '2025-01-15 20:31:14.729283+00', NULL, NULL),
	(148, '5d1ae24a-6a79-4c46-bac9-9aeadd72745d', 'rating', 2, 'user 10', 3, NULL, '2025-01-15 20:31:14.755752+00', NULL, '2025-01-15 20:31:14.755996+00', NULL, NULL),
	(149, '39071916-ec1f-4b1d-bec2-31c77bec2cce', 'rating', 2, 'user 11', 1, NULL, '2025-01-15 20:31:14.762067+00', NULL, '2025-01-15 20:31:14.76233+00', NULL, NULL),
	(150, '84d68f9c-2fb7-4fcb-934a-c21e2cc36086', 'rating', 2, 'user 12', 4, NULL, '2025-01-15 20:31:14.765311+00', NULL, '2025-01-15 20:31:14.765488+00', NULL, NULL),
	(151, '48f459d8-7991-4b27-a607-16d2eb7b1291', 'rating', 2, 'user 13', 2, NULL, '2025-01-15 20:31:14.768443+00', NULL, '2025-01-15 20:31:14.768601+00', NULL, NULL),
	(152, '50704264-23e5-4d19-9631-55899b5a9a7e', 'rating', 2, 'user 14', 2, NULL, '2025-01-15 20:31:14.781008+00', NULL, '2025-01-15 20:31:14.7812+00', NULL, NULL),
	(153, '693ab195-5058-49f3-a710-bae14ddb32ed', 'rating', 3, 'user 10', 1, NULL, '2025-01-15 20:31:14.794004+00', NULL, '2025-01-15 20:31:14.794193+00', NULL, NULL),
	(154, '9164599a-5017-4858-aa03-1f7bbd1f6f80', 'rating', 3, 'user 11', 2, NULL, '2025-01-15 20:31:14.801579+00', NULL, '2025-01-15 20:31:14.801821+00', NULL, NULL),
	(155, '4ccbc3f0-85f3-4eed-ba98-e608bd22d2a2', 'rating', 3, 'user 12', 1, NULL, '2025-01-15 20:31:14.805233+00', NULL, '2025-01-15 20:31:14.805395+00', NULL, NULL),
	(156, '84e349b0-6d36-4219-9827-5695ca65730d', 'rating', 3, 'user 13', 2, NULL, '2025-01-15 20:31:14.812426+00', NULL, '2025-01-15 20:31:14.812608+00', NULL, NULL),
	(157, '07881dab-466a-40d2-acb0-53ee4f8bfa89', 'rating', 3, 'user 14', 4, NULL, '2025-01-15 20:31:14.814069+00', NULL, '2025-01-15 20:31:14.814206+00', NULL, NULL),
	(158, 'de9ae32c-f2d8-486a-8b16-befbfb5c0744', 'rating', 11, 'user 10', 5, NULL, '2025-01-15 20:31:14.822619+00', NULL, '2025-01-15 20:31:14.822804+00', NULL, NULL),
	(159, 'aeed4553-bd6a-4922-93c4-140e072660dc', 'rating', 11, 'user 11', 4, NULL, '2025-01-15 20:31:14.826065+00', NULL, '2025-01-15 20:31:14.826299+00', NULL, NULL),
	(160, 'b64774e8-4396-43c1-a6e8-9e947447b757', 'rating', 11, 'user 12', 3, NULL, '2025-01-15 20:31:14.837618+00', NULL, '2025-01-15 20:31:14.837826+00', NULL, NULL),
	(161, '67d4cce6-13a3-47e0-8ae2-7a44cc95e164', 'rating', 11, 'user 13', 0, NULL, '2025-01-15 20:31:14.846345+00', NULL, '2025-01-15 20:31:14.846521+00', NULL, NULL),
	(162, '50b02393-5453-43bc-9b05-8cbadceb1287', 'rating', 11, 'user 14', 4, NULL, '2025-01-15 20:31:14.85815+00', NULL, '2025-01-15 20:31:14.85833+00', NULL, NULL),
	(163, '240053e4-c4ae-4fc6-a0fb-1ce097bde3f3', 'rating', 1, 'user 10', NULL, 2, '2025-01-15 20:31:14.866462+00', '2025-01-15 20:31:14.684164+00', '2025-01-15 20:31:14.866489+00', NULL, NULL),
	(164, '343956c5-6c4e-4e05-ae59-86c9fae18f5d', 'rating', 4, 'user 5', 5, 0, '2025-01-15 20:31:13.101725+00', '2025-01-15 20:31:13.101725+00', '2025-01-15 20:31:14.949553+00', NULL, NULL),
	(165, '698e846d-20cd-4a0e-b887-5d9b802ec335', 'deleted', 8, NULL, NULL, NULL, NULL, NULL, '2025-01-15 20:31:14.956375+00', NULL, NULL),
	(166, '3284df2e-d40b-4c24-aede-f537d5d0f32b', 'rating', 8, 'user 0', NULL, 5, '2025-01-15 20:31:14.956572+00', '2025-01-15 20:30:49.671014+00', '2025-01-15 20:31:14.95658+00', NULL, NULL),
	(167, '945508a1-b1ed-4b84-83d7-a4364b997546', 'rating', 8, 'user 1', NULL, 0, '2025-01-15 20:31:14.956587+00', '2025-01-15 20:30:49.687383+00', '2025-01-15 20:31:14.956589+00', NULL, NULL),
	(168, '573b470d-0206-4e98-ab19-69a97b77b456', 'rating', 8, 'żółw 🐢', NULL, 1, '2025-01-15 20:31:14.956592+00', '2025-01-15 20:30:49.693113+00', '2025-01-15 20:31:14.956593+00', NULL, NULL),
	(169, 'b5bba311-c0fa-4792-9c04-bc65290ed2b5', 'rating', 8, 'o''brien:{4}*', NULL, 4, '2025-01-15 20:31:14.956595+00', '2025-01-15 20:30:49.695526+00', '2025-01-15 20:31:14.956597+00', NULL, NULL),
	(170, '1ec7d356-a759-49f7-8c46-65e6ad72d098', 'rating', 8, 'user 5', NULL, 0, '2025-01-15 20:31:14.956598+00', '2025-01-15 20:30:49.696977+00', '2025-01-15 20:31:14.9566+00', NULL, NULL),
	(171, '2540f642-a969-43c4-b27b-13176c852c53', 'rating', 8, 'user 6', NULL, 2, '2025-01-15 20:31:14.956602+00', '2025-01-15 20:30:49.699112+00', '2025-01-15 20:31:14.956603+00', NULL, NULL),
	(172, '7dbf8084-3cee-4361-a72c-3d6ace39eea1', 'rating', 8, 'user 7', NULL, 1, '2025-01-15 20:31:14.956605+00', '2025-01-15 20:30:49.70494+00', '2025-01-15 20:31:14.956606+00', NULL, NULL);

INSERT INTO post_rate.ratings VALUES
	(1, 'user 1', 1, NULL, '2025-01-15 20:30:49.291503+00'),
	(1, 'żółw 🐢', 5, NULL, '2025-01-15 20:30:49.316377+00'),
	(1, 'o''brien:{4}*', 5, NULL, '2025-01-15 20:30:49.323772+00'),
	(1, 'user 5', 5, NULL, '2025-01-15 20:30:49.327157+00'),
	(1, 'user 9', 3, NULL, '2025-01-15 20:30:49.350281+00'),
	(2, 'żółw 🐢', 3, NULL, '2025-01-15 20:30:49.381115+00'),
	(2, 'o''brien:{4}*', 3, NULL, '2025-01-15 20:30:49.382631+00'),
	(2, 'user 8', 5, NULL, '2025-01-15 20:30:49.402509+00'),
	(3, 'żółw 🐢', 4, NULL, '2025-01-15 20:30:49.418643+00'),
	(3, 'o''brien:{4}*', 2, NULL, '2025-01-15 20:30:49.424738+00'),
	(4, 'żółw 🐢', 1, NULL, '2025-01-15 20:30:49.495228+00'),
	(4, 'o''brien:{4}*', 4, NULL, '2025-01-15 20:30:49.500494+00'),
	(5, 'user 1', 0, NULL, '2025-01-15 20:30:49.526944+00'),
	(5, 'żółw 🐢', 0, NULL, '2025-01-15 20:30:49.541712+00'),
	(5, 'o''brien:{4}*', 0, NULL, '2025-01-15 20:30:49.552242+00'),
	(5, 'user 5', 2, NULL, '2025-01-15 20:30:49.554806+00'),
	(5, 'user 6', 0, NULL, '2025-01-15 20:30:49.559961+00'),
	(5, 'user 7', 3, NULL, '2025-01-15 20:30:49.565899+00'),
	(6, 'user 0', 5, NULL, '2025-01-15 20:30:49.568068+00'),
	(6, 'user 1', 2, NULL, '2025-01-15 20:30:49.576439+00'),
	(6, 'żółw 🐢', 1, NULL, '2025-01-15 20:30:49.582479+00'),
	(6, 'o''brien:{4}*', 4, NULL, '2025-01-15 20:30:49.58744+00'),
	(6, 'user 5', 5, NULL, '2025-01-15 20:30:49.590645+00'),
	(6, 'user 6', 3, NULL, '2025-01-15 20:30:49.597234+00'),
	(6, 'user 7', 1, NULL, '2025-01-15 20:30:49.602244+00'),
	(7, 'user 0', 3, NULL, '2025-01-15 20:30:49.606582+00'),
	(7, 'user 1', 3, NULL, '2025-01-15 20:30:49.614383+00'),
	(7, 'żółw 🐢', 1, NULL, '2025-01-15 20:30:49.625284+00'),
	(7, 'o''brien:{4}*', 2, NULL, '2025-01-15 20:30:49.634466+00'),
	(7, 'user 5', 5, NULL, '2025-01-15 20:30:49.643764+00'),
	(7, 'user 6', 1, NULL, '2025-01-15 20:30:49.650985+00'),
	(7, 'user 7', 0, NULL, '2025-01-15 20:30:49.662726+00'),
	(7, 'user 8', 5, NULL, '2025-01-15 20:30:49.667476+00'),
	(1, 'user 0', 1, 0, '2025-01-15 20:30:49.761005+00'),
	(11, 'user 11', 4, NULL, '2025-01-15 20:31:14.826065+00'),
	(2, 'user 0', 3, 2, '2025-01-15 20:30:49.771313+00'),
	(11, 'user 12', 3, NULL, '2025-01-15 20:31:14.837618+00'),
	(11, 'user 13', 0, NULL, '2025-01-15 20:31:14.846345+00'),
	(3, 'user 0', 1, 2, '2025-01-15 20:30:49.785473+00'),
	(3, 'user 1', 5, 3, '2025-01-15 20:30:49.788894+00'),
	(11, 'user 14', 4, NULL, '2025-01-15 20:31:14.85815+00'),
	(4, 'user 0', 3, 2, '2025-01-15 20:30:49.798319+00'),
	(4, 'user 1', 1, 3, '2025-01-15 20:30:49.80626+00'),
	(4, 'user 5', 5, 4, '2025-01-15 20:31:13.101725+00'),
	(5, 'user 0', 1, 5, '2025-01-15 20:30:49.815412+00'),
	(1, 'user 6', 5, 3, '2025-01-15 20:31:13.030982+00'),
	(1, 'user 7', 4, 3, '2025-01-15 20:31:13.03606+00'),
	(1, 'user 8', 5, 2, '2025-01-15 20:31:13.043309+00'),
	(2, 'user 5', 0, 3, '2025-01-15 20:31:13.050577+00'),
	(2, 'user 6', 0, 4, '2025-01-15 20:31:13.05384+00'),
	(2, 'user 7', 2, 4, '2025-01-15 20:31:13.067889+00'),
	(3, 'user 5', 5, 4, '2025-01-15 20:31:13.085489+00'),
	(3, 'user 6', 1, 3, '2025-01-15 20:31:13.087371+00'),
	(3, 'user 7', 5, NULL, '2025-01-15 20:31:13.093263+00'),
	(3, 'user 8', 1, NULL, '2025-01-15 20:31:13.096716+00'),
	(4, 'user 6', 2, 3, '2025-01-15 20:31:13.104014+00'),
	(4, 'user 7', 1, 2, '2025-01-15 20:31:13.106749+00'),
	(4, 'user 8', 0, NULL, '2025-01-15 20:31:13.109887+00'),
	(1, 'user 11', 1, NULL, '2025-01-15 20:31:14.715586+00'),
	(1, 'user 12', 2, NULL, '2025-01-15 20:31:14.717519+00'),
	(1, 'user 13', 5, NULL, '2025-01-15 20:31:14.725807+00'),
	(1, 'user 14', 4, NULL, '2025-01-15 20:31:14.729074+00'),
	(2, 'user 10', 3, NULL, '2025-01-15 20:31:14.755752+00'),
	(2, 'user 11', 1, NULL, '2025-01-15 20:31:14.762067+00'),
	(2, 'user 12', 4, NULL, '2025-01-15 20:31:14.765311+00'),
	(2, 'user 13', 2, NULL, '2025-01-15 20:31:14.768443+00'),
	(2, 'user 14', 2, NULL, '2025-01-15 20:31:14.781008+00'),
	(3, 'user 10', 1, NULL, '2025-01-15 20:31:14.794004+00'),
	(3, 'user 11', 2, NULL, '2025-01-15 20:31:14.801579+00'),
	(3, 'user 12', 1, NULL, '2025-01-15 20:31:14.805233+00'),
	(3, 'user 13', 2, NULL, '2025-01-15 20:31:14.812426+00'),
	(3, 'user 14', 4, NULL, '2025-01-15 20:31:14.814069+00'),
	(11, 'user 10', 5, NULL, '2025-01-15 20:31:14.822619+00');

INSERT INTO post_rate.relay_progress VALUES
	(0, 1, '2025-01-15 20:31:14.503+00', 131);

INSERT INTO post_rate.settings VALUES
	(true, 'e7470847-a31a-410a-83fa-def0a98a017a', 'own', 'freeze', 2, 10, 2.5, 1, '2025-01-15 20:30:59.061+00', '{"prior": {"mean": 2.5, "weight": 10}, "display": "freeze", "previous": null, "effectiveAt": 1736973048932, "windowSeconds": 4}', 0, '7711834501163250167:00000001');

SELECT pg_catalog.setval('post_rate.posts_id_seq', 13, true);

SELECT pg_catalog.setval('post_rate.rating_outbox_id_seq', 172, true);

ALTER TABLE ONLY post_rate.leases
    ADD CONSTRAINT leases_pkey PRIMARY KEY (name);

ALTER TABLE ONLY post_rate.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (version);

ALTER TABLE ONLY post_rate.post_stats
    ADD CONSTRAINT post_stats_pkey PRIMARY KEY (post_id);

ALTER TABLE ONLY post_rate.posts
    ADD CONSTRAINT posts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY post_rate.rating_outbox
    ADD CONSTRAINT rating_outbox_pkey PRIMARY KEY (id);

ALTER TABLE ONLY post_rate.ratings
    ADD CONSTRAINT ratings_pkey PRIMARY KEY (post_id, user_id);

ALTER TABLE ONLY post_rate.relay_progress
    ADD CONSTRAINT relay_progress_pkey PRIMARY KEY (shard, shards);

ALTER TABLE ONLY post_rate.settings
    ADD CONSTRAINT settings_pkey PRIMARY KEY (singleton);

CREATE INDEX post_stats_changed ON post_rate.post_stats USING btree (changed_at);

CREATE INDEX post_stats_step ON post_rate.post_stats USING btree (step_at) WHERE (step_at IS NOT NULL);

CREATE INDEX post_stats_top ON post_rate.post_stats USING btree (rank DESC, displayed_count DESC, post_id DESC) WHERE (NOT deleted);

CREATE INDEX rating_outbox_unfolded ON post_rate.rating_outbox USING btree (id) WHERE (version IS NULL);

CREATE TRIGGER posts_added AFTER INSERT ON post_rate.posts REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION post_rate.posts_added();

CREATE TRIGGER posts_removed AFTER DELETE ON post_rate.posts REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION post_rate.posts_removed();

CREATE TRIGGER posts_renumbered AFTER UPDATE ON post_rate.posts REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION post_rate.posts_renumbered();

CREATE TRIGGER ratings_deleted AFTER DELETE ON post_rate.ratings REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION post_rate.ratings_deleted();

CREATE TRIGGER ratings_inserted AFTER INSERT ON post_rate.ratings REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION post_rate.ratings_inserted();

CREATE TRIGGER ratings_updated AFTER UPDATE ON post_rate.ratings REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION post_rate.ratings_updated();

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON post_rate.ratings FOR EACH STATEMENT EXECUTE FUNCTION post_rate.refuse_truncate();

ALTER TABLE ONLY post_rate.ratings
    ADD CONSTRAINT ratings_post_id_fkey FOREIGN KEY (post_id) REFERENCES post_rate.posts(id) ON DELETE CASCADE;

REVOKE ALL ON FUNCTION post_rate.posts_added() FROM PUBLIC;

REVOKE ALL ON FUNCTION post_rate.posts_removed() FROM PUBLIC;

REVOKE ALL ON FUNCTION post_rate.posts_renumbered() FROM PUBLIC;

REVOKE ALL ON FUNCTION post_rate.ratings_deleted() FROM PUBLIC;

REVOKE ALL ON FUNCTION post_rate.ratings_inserted() FROM PUBLIC;

REVOKE ALL ON FUNCTION post_rate.ratings_updated() FROM PUBLIC;
