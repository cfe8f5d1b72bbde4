-- What do a cycle's marks make per year and over all years (year 0), and its numbers per year; and which offices stand
-- behind it?
SELECT 'total' AS measure, indicator, year, (count(*) FILTER (WHERE is_marked))::numeric AS computed,
       array_agg(short_name ORDER BY position) FILTER (WHERE is_marked) AS offices
FROM mart.tracking
WHERE cycle_id = :cycle_id
GROUP BY indicator, year
UNION ALL
SELECT 'distinct', indicator, 0, count(*) FILTER (WHERE has_any),
       array_agg(short_name ORDER BY position) FILTER (WHERE has_any)
FROM (SELECT indicator, position, short_name, bool_or(coalesce(is_marked, false)) AS has_any
      FROM mart.tracking
      WHERE cycle_id = :cycle_id
      GROUP BY indicator, position, short_name) o
GROUP BY indicator
UNION ALL
SELECT 'sum', indicator, year, coalesce(sum(value), 0),
       array_agg(short_name ORDER BY position) FILTER (WHERE value <> 0)
FROM mart.indicator_value
WHERE cycle_id = :cycle_id AND kind = 'quantity'
GROUP BY indicator, year
