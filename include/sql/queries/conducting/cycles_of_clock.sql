-- Which cycles run by this clock?
SELECT cycle_id FROM cycle.cycle WHERE clock_id = :clock_id ORDER BY request_on, cycle_id
