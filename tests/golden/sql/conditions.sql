-- conditions
-- Terms are parameters: short lists one by one, long ones as one joined list.
WITH cells AS MATERIALIZED (
  SELECT
    CAST(SUM(quantity) AS BIGINT) AS sessions
  FROM sessions AS source
  WHERE
    project_id IN ($value_0, $value_1, $value_2)
    AND started >= $range_start
    AND started < $range_end
    AND (
      NOT (
        release IN (
          SELECT
            UNNEST($value_3)
        )
      )
      AND (
        NOT (
          project_id IN ($value_4)
        )
        OR (
          release IN ($value_5) OR environment IN ($value_6, $value_7)
        )
      )
    )
)
SELECT
  NULL AS bucket,
  sessions
FROM (
  SELECT
    CAST(COALESCE(SUM(sessions), 0) AS BIGINT) AS sessions
  FROM cells
) AS totals
