-- users
-- One kind of distinct users: cells of one user each, merged for the totals.
WITH cells AS MATERIALIZED (
  SELECT
    (
      started - $range_start
    ) // $step AS bucket,
    person AS person
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
  NULL AS bucket,
  users
FROM (
  SELECT
    COUNT(person) AS users
  FROM (
    SELECT
      person
    FROM cells
    GROUP BY
      person
  ) AS people
) AS totals
UNION ALL
SELECT
  bucket,
  users
FROM (
  SELECT
    bucket,
    COUNT(person) AS users
  FROM cells
  GROUP BY
    bucket
) AS series
