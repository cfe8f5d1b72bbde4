-- Give one version the outcome of other rules. It counts as another content from now on; the moment of its check stays,
-- unless it is only now that it is accepted.
UPDATE intake.submission
SET outcome = :outcome, blank_means_no = :blank_means_no, kind = :kind, is_nil = :is_nil, is_partial = :is_partial,
    revision = revision + 1, checked_at = CASE WHEN :is_newly_accepted THEN :at ELSE checked_at END
WHERE submission_id = :submission_id
RETURNING version
