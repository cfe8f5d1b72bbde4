-- Is the summary report of this cycle published?
SELECT EXISTS (SELECT FROM cycle.document d JOIN cycle.publication p USING (document_id)
               WHERE d.cycle_id = :cycle_id AND d.kind = 'summary_report')
