-- What waits for a person, oldest first?
SELECT kind, arrival_id, cycle_id, reference_code, short_name, since, who, state, note
FROM intake.for_a_person
ORDER BY since, arrival_id
