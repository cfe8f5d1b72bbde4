-- Days and deadlines in SQL, as reporting.calendar.deadlines has them in Python. Offices are late by the day in Viet Nam,
-- whatever the time zone of the session.

CREATE FUNCTION cycle.day_in_vietnam(at timestamptz) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date;
COMMENT ON FUNCTION cycle.day_in_vietnam(timestamptz) IS 'The day in Viet Nam on which a moment lies';

CREATE FUNCTION cycle.day_begins_at(day date) RETURNS timestamptz
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN day::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh';
COMMENT ON FUNCTION cycle.day_begins_at(date) IS 'Midnight in Viet Nam with which a day begins';

CREATE FUNCTION cycle.first_late_at(kind text, day date) RETURNS timestamptz
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    CASE kind
        WHEN 'before' THEN RETURN cycle.day_begins_at(day);
        WHEN 'through' THEN RETURN cycle.day_begins_at(day + 1);
        ELSE RAISE invalid_parameter_value
            USING MESSAGE = 'the deadline is of kind ' || quote_literal(kind) || '; write before or through';
    END CASE;
END
$$;
COMMENT ON FUNCTION cycle.first_late_at(text, date) IS
    'First instant that is late for a deadline: "before" a day from 00:00 of it, "through" it from 24:00 of it, in Viet Nam; NULL without a day; another kind is an error';

CREATE FUNCTION cycle.last_day_in_time(first_late_at timestamptz) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN cycle.day_in_vietnam(first_late_at - interval '1 microsecond');
COMMENT ON FUNCTION cycle.last_day_in_time(timestamptz) IS
    'Last day in Viet Nam on which an answer is in time, by the first instant that is late; it may be a day off';

CREATE FUNCTION cycle.is_late(at timestamptz, first_late_at timestamptz) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(at >= first_late_at, false);
COMMENT ON FUNCTION cycle.is_late(timestamptz, timestamptz) IS
    'Whether a moment is late; never where no day is fixed';

CREATE FUNCTION cycle.days_late(at timestamptz, first_late_at timestamptz) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN at >= first_late_at
            THEN cycle.day_in_vietnam(at) - cycle.last_day_in_time(first_late_at) END;
COMMENT ON FUNCTION cycle.days_late(timestamptz, timestamptz) IS
    'Days after the last day in time, by the calendar of Viet Nam: 1 on the day after it; NULL in time or where no day is fixed';

CREATE FUNCTION cycle.rehearsal_number(cycle_id text) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN coalesce(substring(cycle_id FROM '__dien_tap_([0-9]+)$')::integer, 0);
COMMENT ON FUNCTION cycle.rehearsal_number(text) IS
    'The number of a rehearsal among those of its regime and period, by its id; 0 of a live cycle';
