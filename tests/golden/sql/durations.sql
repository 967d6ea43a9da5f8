-- durations
-- Durations are measured in plain scans, all percentiles from one sorting.
SELECT
  NULL AS bucket,
  sessions,
  duration_p50,
  duration_p95
FROM (
  SELECT
    CAST(COALESCE(SUM(quantity), 0) AS BIGINT) AS sessions,
    LIST_EXTRACT(QUANTILE_CONT(duration, [0.5, 0.95]), 1) AS duration_p50,
    LIST_EXTRACT(QUANTILE_CONT(duration, [0.5, 0.95]), 2) AS duration_p95
  FROM sessions AS source
  WHERE
    project_id IN ($value_0, $value_1, $value_2)
    AND started >= $range_start
    AND started < $range_end
) AS totals
UNION ALL
SELECT
  bucket,
  sessions,
  duration_p50,
  duration_p95
FROM (
  SELECT
    (
      started - $range_start
    ) // $step AS bucket,
    CAST(COALESCE(SUM(quantity), 0) AS BIGINT) AS sessions,
    LIST_EXTRACT(QUANTILE_CONT(duration, [0.5, 0.95]), 1) AS duration_p50,
    LIST_EXTRACT(QUANTILE_CONT(duration, [0.5, 0.95]), 2) AS duration_p95
  FROM sessions AS source
  WHERE
    project_id IN ($value_0, $value_1, $value_2)
    AND started >= $range_start
    AND started < $range_end
  GROUP BY
    1
) AS series
