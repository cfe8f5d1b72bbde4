-- Which is the first of the last days that this draft of an urging letter gives? Null for any other document.
SELECT min(new_last_day) FROM cycle.document_addressee WHERE document_id = :document_id AND version = :version
