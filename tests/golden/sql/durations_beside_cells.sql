-- durations_beside_cells
-- Durations stand beside cells where those save counting users twice.
WITH cells AS MATERIALIZED (
  SELECT
    environment AS environment,
    person AS person,
    BOOL_OR(CAST(outcome = 4 AS BOOLEAN)) AS users_crashed
  FROM sessions AS source
  WHERE
    project_id IN ($value_0, $value_1, $value_2)
    AND started >= $range_start
    AND started < $range_end
  GROUP BY
    1,
    2
)
SELECT
  environment,
  NULL AS bucket,
  users,
  users_crashed,
  duration_count,
  duration_max
FROM (
  SELECT
    *
  FROM (
    SELECT
      environment,
      COUNT(person) AS users,
      COUNT(person) FILTER(WHERE
        users_crashed) AS users_crashed
    FROM cells
    GROUP BY
      environment
  ) AS counted
  JOIN (
    SELECT
      environment AS environment,
      COUNT(duration) AS duration_count,
      MAX(duration) AS duration_max
    FROM sessions AS source
    WHERE
      project_id IN ($value_0, $value_1, $value_2)
      AND started >= $range_start
      AND started < $range_end
    GROUP BY
      1
  ) AS plain
    USING (environment)
) AS totals
LIMIT $most_rows
