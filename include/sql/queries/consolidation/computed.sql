-- Which offices have each indicator, per year and over all years (year 0)?
SELECT 'total' AS measure, indicator, year, array_agg(short_name ORDER BY position) FILTER (WHERE is_marked) AS offices
FROM mart.tracking
WHERE cycle_id = :cycle_id
GROUP BY indicator, year
UNION ALL
SELECT 'distinct', indicator, 0, array_agg(short_name ORDER BY position) FILTER (WHERE has_any)
FROM (SELECT indicator, position, short_name, bool_or(coalesce(is_marked, false)) AS has_any
      FROM mart.tracking
      WHERE cycle_id = :cycle_id
      GROUP BY indicator, position, short_name) o
GROUP BY indicator
