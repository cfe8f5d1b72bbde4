-- One process after the other moves several steps of this cycle; others may go on writing rows of it.
SELECT request_on FROM cycle.cycle WHERE cycle_id = :cycle_id FOR NO KEY UPDATE
