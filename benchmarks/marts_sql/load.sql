-- A warehouse of so many offices and quarters, each asked for 24 marks and 16 numbers: about 40 facts per answer.
-- Of 100 offices 97 answer, three of them late and one after an extension; one states that nothing occurred; two are silent.
-- A fifth of the answers has findings; each has prose, every second one rows of an open table.
INSERT INTO cycle.clock (clock_id, kind) VALUES ('wall', 'wall') ON CONFLICT DO NOTHING;

INSERT INTO cycle.form_version (form_code, version, content, content_hash)
SELECT 'bench', y || '.1',
       jsonb_build_object(
           'indicators', (
               SELECT jsonb_agg(jsonb_build_object('code', 'mark_' || n, 'label', 'Chỉ tiêu ' || n, 'short_label', 'CT ' || n)
                                ORDER BY n)
               FROM generate_series(1, 24) n),
           'quantities', jsonb_build_object('rows', (
               SELECT jsonb_agg(jsonb_build_object('code', 'number_' || n, 'label', 'Số liệu ' || n, 'short_label', 'SL ' || n,
                                                   'kind', 'amount', 'unit', 'triệu đồng') ORDER BY n)
               FROM generate_series(1, 16) n)),
           'years', jsonb_build_array(y)),
       md5(y::text)
FROM generate_series(2018, 2018 + (:cycles - 1) / 4) y;

INSERT INTO cycle.cycle (cycle_id, regime, period, title, subject, mode, clock_id, regime_content, form_code, form_version,
                         period_from, period_to, cutoff_on, request_on, deadline_phrase, due_at)
SELECT 'bench__' || to_char(d, 'YYYY"_q"Q'), 'bench', to_char(d, 'YYYY"_q"Q'), 'Báo cáo', 'V/v báo cáo', 'live', 'wall', '{}',
       'bench', to_char(d, 'YYYY".1"'), d, (d + interval '3 months - 1 day')::date, (d + interval '3 months - 1 day')::date,
       (d + interval '2 months')::date, '', d + interval '3 months'
FROM (SELECT ('2018-01-01'::date + n * interval '3 months')::date AS d FROM generate_series(0, :cycles - 1) n) q;

INSERT INTO cycle.deliverable (cycle_id, deliverable, label, position, kind)
SELECT cycle_id, x.code, x.code, x.place, x.kind
FROM cycle.cycle
CROSS JOIN (VALUES ('data_form', 1, 'data_form'), ('signed_report', 2, 'document')) x (code, place, kind);

INSERT INTO cycle.milestone (cycle_id, step, due_at, done_at)
SELECT cycle_id, 'close', due_at + interval '20 days', due_at + interval '20 days' FROM cycle.cycle;

INSERT INTO registry.organization (organization_id, kind, valid_from)
SELECT 'office_' || lpad(n::text, 6, '0'), 'province_department', '2000-01-01' FROM generate_series(1, :offices) n;

INSERT INTO registry.organization_region (organization_id, region_scheme, region)
SELECT organization_id, 'region63', 'Vùng ' || right(organization_id, 6)::integer % 6 + 1
FROM registry.organization
WHERE organization_id LIKE 'office#_%' ESCAPE '#';

INSERT INTO registry.contact (organization_id, email, display_name)
SELECT organization_id, organization_id || '@cq.example', 'Văn thư'
FROM registry.organization
WHERE organization_id LIKE 'office#_%' ESCAPE '#';

INSERT INTO cycle.recipient (cycle_id, organization_id, group_code, position, name, short_name, role, reference_code)
SELECT c.cycle_id, o.organization_id, 'group_' || x.n % 3, x.n, 'Đơn vị số ' || x.n, 'Đơn vị ' || x.n, 'owes',
       upper(replace(c.period, '_', '')) || '-' || x.n
FROM cycle.cycle c
CROSS JOIN registry.organization o
CROSS JOIN LATERAL (SELECT right(o.organization_id, 6)::integer AS n) x
WHERE o.organization_id LIKE 'office#_%' ESCAPE '#'
ORDER BY c.cycle_id, x.n;

INSERT INTO cycle.obligation (cycle_id, recipient_id, deliverable, due_at)
SELECT r.cycle_id, r.recipient_id, d.deliverable, c.due_at
FROM cycle.recipient r
JOIN cycle.cycle c USING (cycle_id)
JOIN cycle.deliverable d USING (cycle_id)
ORDER BY r.recipient_id, d.position;

INSERT INTO cycle.extension (obligation_id, due_at, asked_how, reason, agreed_by, granted_at)
SELECT o.obligation_id, o.due_at + interval '10 days', 'letter', 'bão', 'Lãnh đạo', o.due_at - interval '5 days'
FROM cycle.obligation o
JOIN cycle.recipient r USING (recipient_id)
WHERE r.position % 100 = 5;

INSERT INTO cycle.message (cycle_id, recipient_id, contact_id, step, to_address, subject, body_text, body_html,
                           message_id_header, dated_at, when_unknown, state)
SELECT r.cycle_id, r.recipient_id, k.contact_id, s.step, k.email, 'V/v báo cáo', 'Kính gửi', '<p>Kính gửi</p>',
       r.recipient_id || '.' || s.step, c.due_at - s.before, 'leave', 'sent'
FROM cycle.recipient r
JOIN cycle.cycle c USING (cycle_id)
JOIN registry.contact k USING (organization_id)
CROSS JOIN (VALUES ('request', interval '30 days'), ('reminder__t_minus_2', interval '2 days')) s (step, before)
WHERE s.step = 'request' OR r.position % 10 < 2
ORDER BY r.recipient_id;

INSERT INTO cycle.message_event (message_id, state, occurred_at) SELECT message_id, 'sent', dated_at FROM cycle.message;

INSERT INTO intake.archived_file (sha256, byte_count, media_type) VALUES ('bench', 1, 'text/plain');

INSERT INTO intake.submission (cycle_id, recipient_id, version, file_sha256, filename, sender, channel, received_at, outcome,
                               checked_at, is_nil)
SELECT r.cycle_id, r.recipient_id, 1, 'bench', 'So lieu.xlsx', k.email, 'mail', t.at,
       CASE WHEN r.position % 5 = 0 THEN 'accepted_with_warnings' ELSE 'accepted' END, t.at, r.position % 100 = 7
FROM cycle.recipient r
JOIN cycle.cycle c USING (cycle_id)
JOIN registry.contact k USING (organization_id)
CROSS JOIN LATERAL (
    SELECT c.due_at - interval '1 day' * (5 - CASE WHEN r.position % 100 IN (1, 2, 3, 5) THEN 9 ELSE r.position % 5 END) AS at
) t
WHERE r.position % 100 NOT IN (8, 9) AND :is_answered
ORDER BY r.recipient_id;

INSERT INTO intake.finding (submission_id, position, severity, stage, rule, message, explanation)
SELECT s.submission_id, n, 'warning', 'form', 'rule_' || n, 'Đề nghị giải trình', CASE n WHEN 1 THEN 'đã rà soát' END
FROM intake.submission s
CROSS JOIN generate_series(1, 2) n
WHERE s.outcome = 'accepted_with_warnings';

INSERT INTO core.narrative (submission_id, cycle_id, recipient_id, section, body, sheet, cell)
SELECT submission_id, cycle_id, recipient_id, 'results', repeat('Đã tổ chức các hoạt động thông tin đối ngoại. ', 4), 'Thuyết minh', 'C8'
FROM intake.submission;

INSERT INTO core.list_row (submission_id, cycle_id, recipient_id, list, position, content, sheet, first_cell)
SELECT submission_id, cycle_id, recipient_id, 'nhiem_vu', n, '{"ten": "Nhiệm vụ", "quy_mo": "Địa phương"}', 'Biểu 3', 'A' || 10 + n
FROM intake.submission
CROSS JOIN generate_series(1, 2) n
WHERE submission_id % 2 = 0;

INSERT INTO intake.incoming_document (cycle_id, recipient_id, registered_number, document_number, signed_on, sent_on,
                                      received_on, signer, capacity, entered_by, entered_at)
SELECT r.cycle_id, r.recipient_id, r.position::text, r.position || '/BC', c.period_to, c.period_to, c.period_to, 'Nguyễn Văn A',
       'GĐ', 'van_thu', c.due_at - interval '12 hours'
FROM cycle.recipient r
JOIN cycle.cycle c USING (cycle_id)
WHERE r.position % 10 <> 8 AND :is_answered;

INSERT INTO intake.document_answer (incoming_document_id, recipient_id, deliverable)
SELECT incoming_document_id, recipient_id, 'signed_report' FROM intake.incoming_document;
