-- Which reminder steps are due for an outstanding obligation that has not had them, though the step itself is done?
SELECT DISTINCT step FROM cycle.reminder_to_catch_up(:cycle_id, :now) ORDER BY step
