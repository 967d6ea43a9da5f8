-- users_of_several_kinds
-- Several kinds of distinct users cost one scan: the cells know which each is.
WITH cells AS MATERIALIZED (
  SELECT
    (
      started - $range_start
    ) // $step AS bucket,
    person AS person,
    BOOL_OR(CAST(outcome = 4 AS BOOLEAN)) AS users_crashed,
    BOOL_OR(CAST(abnormal_mechanism IN ('anr_foreground', 'anr_background') AS BOOLEAN)) AS users_anr
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
  users,
  users_crashed,
  users_anr
FROM (
  SELECT
    COUNT(person) AS users,
    COUNT(person) FILTER(WHERE
      users_crashed) AS users_crashed,
    COUNT(person) FILTER(WHERE
      users_anr) AS users_anr
  FROM (
    SELECT
      person,
      BOOL_OR(CAST(users_crashed AS BOOLEAN)) AS users_crashed,
      BOOL_OR(CAST(users_anr AS BOOLEAN)) AS users_anr
    FROM cells
    GROUP BY
      person
  ) AS people
) AS totals
UNION ALL
SELECT
  bucket,
  users,
  users_crashed,
  users_anr
FROM (
  SELECT
    bucket,
    COUNT(person) AS users,
    COUNT(person) FILTER(WHERE
      users_crashed) AS users_crashed,
    COUNT(person) FILTER(WHERE
      users_anr) AS users_anr
  FROM cells
  GROUP BY
    bucket
) AS series
