-- Are offices of this cycle that could not be reached before still to be asked? (issued, and not closed)
SELECT EXISTS (SELECT FROM cycle.milestone i WHERE i.cycle_id = :cycle_id AND i.step = 'issue' AND i.done_at IS NOT NULL)
   AND NOT EXISTS (SELECT FROM cycle.milestone c WHERE c.cycle_id = :cycle_id AND c.step = 'close' AND c.done_at IS NOT NULL)
