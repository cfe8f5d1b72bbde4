-- Take what was laid aside into the mart, in the order of its keys.
INSERT INTO mart.{mart} ({keys}, {columns}, row_count)
SELECT {keys}, {columns}, row_count FROM staged ORDER BY {keys}
