-- Take what was laid aside into the mart.
INSERT INTO mart.{mart} SELECT * FROM staged
