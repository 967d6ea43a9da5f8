-- totals_alone
-- Without a series there are no buckets, and one row a group.
SELECT
  release,
  NULL AS bucket,
  sessions,
  duration_avg
FROM (
  SELECT
    release AS release,
    CAST(COALESCE(SUM(quantity), 0) AS BIGINT) AS sessions,
    FAVG(duration ORDER BY duration ASC) AS duration_avg
  FROM sessions AS source
  WHERE
    project_id IN ($value_0, $value_1, $value_2)
    AND started >= $range_start
    AND started < $range_end
  GROUP BY
    1
) AS totals
LIMIT $most_rows
