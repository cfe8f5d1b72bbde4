-- What stands on record of the reply of this number?
SELECT * FROM cycle.government_reply WHERE number = :number
