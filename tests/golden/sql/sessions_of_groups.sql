-- sessions_of_groups
-- Groups come unordered, and are given up once there are too many to be read.
SELECT
  project_id AS project_id,
  release AS release,
  (
    started - $range_start
  ) // $step AS bucket,
  CAST(SUM(quantity) AS BIGINT) AS sessions,
  CAST(SUM(quantity) FILTER(WHERE
    outcome = 4) AS BIGINT) AS sessions_crashed
FROM sessions AS source
WHERE
  project_id IN ($value_0, $value_1, $value_2)
  AND started >= $range_start
  AND started < $range_end
GROUP BY
  1,
  2,
  3
LIMIT $most_rows
