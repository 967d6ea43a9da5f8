-- page_of_many_groups
-- Too many groups to be read are ordered, cut and given their places in SQL.
WITH cells AS MATERIALIZED (
  SELECT
    release AS release,
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
    1,
    2
), shown AS MATERIALIZED (
  SELECT
    *,
    ROW_NUMBER() OVER (ORDER BY sessions DESC, release ASC) AS place
  FROM (
    SELECT
      release,
      CAST(COALESCE(SUM(sessions), 0) AS BIGINT) AS sessions
    FROM cells
    GROUP BY
      release
  ) AS totals
  QUALIFY
    place > $page_offset AND place <= $page_last
)
SELECT
  place,
  NULL AS bucket,
  release,
  sessions
FROM shown
UNION ALL
SELECT
  place,
  bucket,
  NULL AS release,
  series.sessions
FROM (
  SELECT
    release,
    bucket,
    sessions
  FROM cells
) AS series
JOIN shown
  USING (release)
WHERE
  place <= $page_last_shown
