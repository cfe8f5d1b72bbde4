-- Some of everything that is measured, in the cycle :c; moments of its clock are written out, others are counted back from now.
INSERT INTO intake.archived_file (sha256, byte_count, media_type) VALUES
    ('a', 1000, 'message/rfc822'), ('b', 500, 'message/rfc822'), ('c', 1, 'text/plain');
INSERT INTO intake.arrival (channel, mode, raw_sha256, channel_key, from_address, message_id_header, received_at,
                            collected_at, handled_at, outcome, note)
VALUES
    ('mail', 'rehearsal', 'a', 'a', 'a@so.example', '<a>', now(), now() - interval '3600 s', NULL, NULL, NULL),
    ('mail', 'rehearsal', 'b', 'b', 'b@so.example', '<b>', now(), now() - interval '600 s', now(), 'submission', NULL),
    ('mail', 'live', 'c', 'c', 'c@so.example', '<c>', now(), now() - interval '90000 s', now(), 'quarantined', 'ai?');
INSERT INTO cycle.message (cycle_id, recipient_id, contact_id, step, to_address, subject, body_text, body_html,
                           message_id_header, dated_at, when_unknown, state, sequence, claimed_at)
SELECT r.cycle_id, r.recipient_id, k.contact_id, m.step, k.email, '', '', '', m.step || r.position, m.dated_at,
       'leave', m.state, m.sequence, m.claimed_at
FROM (VALUES
    (1, 'request', 1, 'sent', timestamptz '2012-12-03 14:00+07', NULL::timestamptz),
    (2, 'request', 1, 'bounced', '2012-12-03 14:00+07', NULL),
    (3, 'request', 1, 'queued', '2012-12-03 09:00+07', NULL),
    (4, 'reminder__t_minus_7', 1, 'queued', '2012-12-03 09:30+07', NULL),
    (5, 'receipt', 1, 'sending', '2012-12-03 09:50+07', now() - interval '120 s'),
    (6, 'system_fault__2', 2, 'sent', '2012-12-03 09:40+07', NULL)
) AS m (position, step, sequence, state, dated_at, claimed_at)
JOIN cycle.recipient r ON r.cycle_id = :c AND r.position = m.position
JOIN registry.contact k ON k.organization_id = r.organization_id AND k.role = 'to';
INSERT INTO intake.submission (cycle_id, recipient_id, version, arrival_id, file_sha256, filename, sender, channel,
                               received_at, outcome, checked_at)
SELECT r.cycle_id, r.recipient_id, 1, (SELECT arrival_id FROM intake.arrival WHERE raw_sha256 = 'b'), 'b', 'b.xlsx',
       'b@so.example', 'mail', '2012-12-03 09:40+07', 'system_fault', '2012-12-03 09:40+07'
FROM cycle.recipient r WHERE r.cycle_id = :c AND r.position = 6;
INSERT INTO cycle.message_event (message_id, state, occurred_at, recorded_at)
SELECT message_id, 'sent', now(), now() - interval '570 s' FROM cycle.message WHERE step = 'system_fault__2';
INSERT INTO cycle.switch (name, is_on, changed_by, changed_at, reason)
VALUES ('mail_stopped', true, 'van_hanh', now() - interval '16 days', 'thử');
INSERT INTO intake.channel_look (channel, watched_since, looked_at, failing_since, problem)
VALUES (:channel, now() - interval '5000 s', now() - interval '4000 s', now() - interval '3000 s', 'refused');
INSERT INTO intake.concern (kind, about, detail) VALUES ('unanswered', '1', '{}');
INSERT INTO audit.alert (alert_key, raised_at, subject, body) VALUES ('x', now() - interval '7200 s', '', '');
INSERT INTO audit.backup (name, place, taken_at, file_count, new_file_count, byte_count, with_airflow)
VALUES ('1', '/b', now() - interval '2 days', 1, 1, 5, false), ('2', '/b', now() - interval '100 s', 2, 1, 7, false);
UPDATE registry.contact SET state = 'bouncing'
WHERE organization_id = (SELECT organization_id FROM cycle.recipient WHERE cycle_id = :c AND position = 7);
