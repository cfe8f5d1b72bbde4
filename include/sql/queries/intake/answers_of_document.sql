-- Which deliverables does an incoming document answer?
SELECT deliverable FROM intake.document_answer WHERE incoming_document_id = :incoming_document_id
