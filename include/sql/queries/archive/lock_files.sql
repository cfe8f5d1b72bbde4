-- Let no transaction that knows these files go on until this one ends; those that use them already are waited for.
SELECT sha256 FROM intake.archived_file WHERE sha256 = ANY (:hashes) ORDER BY sha256 FOR UPDATE
