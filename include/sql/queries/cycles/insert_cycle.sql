-- Open a cycle.
INSERT INTO cycle.cycle
    (cycle_id, regime, period, title, subject, mode, clock_id, regime_content, form_code, form_version,
     period_from, period_to, cutoff_on, request_on, deadline_phrase, due_at, is_reconstruction, stated_figures,
     opened_late_because, kind, asked_by, parent_cycle_id, officer, upstream_due_on)
VALUES
    (:cycle_id, :regime, :period, :title, :subject, :mode, :clock_id, CAST(:regime_content AS jsonb), :form_code, :form_version,
     :period_from, :period_to, :cutoff_on, :request_on, :deadline_phrase, :due_at, :is_reconstruction, :stated_figures,
     :opened_late_because, :kind, :asked_by, :parent_cycle_id, :officer, :upstream_due_on)
