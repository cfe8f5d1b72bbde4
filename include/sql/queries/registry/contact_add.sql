-- Add a contact.
INSERT INTO registry.contact (organization_id, email, display_name, title, phone, role, position, state, note, is_sample)
VALUES (:organization_id, :email, :display_name, :title, :phone, :role, :position, :state, :note, :is_sample)
RETURNING contact_id
