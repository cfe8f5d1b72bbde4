-- Did a file of this content come through a folder before?
SELECT EXISTS (SELECT FROM intake.arrival WHERE channel = 'folder' AND raw_sha256 = :sha256)
