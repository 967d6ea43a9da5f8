-- sessions_alone
-- Sessions add up: the cells of one group are the statement.
SELECT
  (
    started - $range_start
  ) // $step AS bucket,
  CAST(SUM(quantity) AS BIGINT) AS sessions
FROM sessions AS source
WHERE
  project_id IN ($value_0, $value_1, $value_2)
  AND started >= $range_start
  AND started < $range_end
GROUP BY
  1
