-- Under which Message-IDs do these messages of the ledger go?
SELECT message_id, message_id_header FROM cycle.message WHERE message_id = ANY (:numbers) ORDER BY message_id
