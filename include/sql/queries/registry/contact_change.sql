-- Change the particulars of a contact; its office and address stay what they are.
UPDATE registry.contact
SET display_name = :display_name, title = :title, phone = :phone, role = :role, position = :position, state = :state,
    note = :note
WHERE contact_id = :contact_id
