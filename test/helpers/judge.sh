#!/usr/bin/env bash
# An independent judge, without a line of the library's code: psql counts the ratings, redis-cli reads the hashes.
# usage: judge.sh DATABASE_URL REDIS_URL PREFIX [SCHEMA]
# Of a Redis Cluster the URLs of all masters, separated by commas.
# Prints what differs (nothing when all is well) and "N posts judged"; exit 1 where something differs.
set -euo pipefail
database=$1 redis=$2 prefix=$3 schema=${4:-post_rate}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
iso="'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'"

# The figures come from the ratings, the version and what is displayed from the record of the states.
psql "$database" -XqAt -F ' ' >"$work/record" <<SQL
set timezone = 'UTC';
with rated as (
  select post_id, count(*) as n, sum(score) as total,
    $(for s in 0 1 2 3 4 5; do printf "count(*) filter (where score = %s) as h%s%s" $s $s "$([ $s = 5 ] || echo ,)"; done)
  from $schema.ratings where excluded_rated_at is distinct from rated_at group by post_id)
select s.post_id, s.version, coalesce(n, 0), coalesce(total, 0),
  coalesce(h0, 0), coalesce(h1, 0), coalesce(h2, 0), coalesce(h3, 0), coalesce(h4, 0), coalesce(h5, 0),
  s.displayed_count, coalesce(trim_scale(s.displayed_average)::text, '-'), array_to_string(s.displayed_counts, ' '),
  to_char(s.as_of, $iso), coalesce(to_char(s.window_end, $iso), '-'), coalesce(to_char(s.step_at, $iso), '-')
from $schema.post_stats s left join rated using (post_id)
where s.version > 0 and not s.deleted order by s.post_id;
SQL

fields="version count sum h0 h1 h2 h3 h4 h5 shownCount shownAverage s0 s1 s2 s3 s4 s5 asOf nextUpdateAt stepAt"
for node in ${redis//,/ }; do
  redis-cli -u "$node" --scan --pattern "$prefix{*}" | sed -n 's/.*{\([1-9][0-9]*\)}$/\1/p' | sort -nu >"$work/ids"
  while read -r id; do echo "HMGET $prefix{$id} deleted $fields"; done <"$work/ids" |
    redis-cli -u "$node" --raw 2>/dev/null | sed 's/^$/-/' | paste -d ' ' $(printf -- '- %.0s' {1..21}) |
    paste -d ' ' "$work/ids" - | awk '$2 != "1" { $2 = ""; sub("  ", " "); print }'
done >"$work/copies"

# Averages may be written as 2.50 or 2.5; times and counts must be equal to the letter.
normal() { awk '{ if ($12 != "-") $12 = $12 + 0; print }' "$1" | sort; }
echo "$(wc -l <"$work/record") posts judged, $(wc -l <"$work/copies") keys"
diff <(normal "$work/record") <(normal "$work/copies")
