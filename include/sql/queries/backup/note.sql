-- A backup was made whole.
INSERT INTO audit.backup (name, place, taken_at, file_count, new_file_count, byte_count, with_airflow)
VALUES (:name, :place, :taken_at, :file_count, :new_file_count, :byte_count, :with_airflow)
ON CONFLICT (name) DO NOTHING
