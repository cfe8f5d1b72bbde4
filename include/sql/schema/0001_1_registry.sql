CREATE SCHEMA registry;
COMMENT ON SCHEMA registry IS 'Who: organizations, their names and codes over time, and the people who answer for them.';

CREATE TABLE registry.organization (
    organization_id text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('ministry','government_agency','province_committee','province_department')),
    parent_id text REFERENCES registry.organization,
    area_id text,
    valid_from date NOT NULL,
    valid_to date,
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
COMMENT ON TABLE registry.organization IS 'An office that may be asked to report. The id is stable through changes of name, code and kind of unit.';
COMMENT ON COLUMN registry.organization.organization_id IS 'Stable readable id, such as ubnd_an_giang';
COMMENT ON COLUMN registry.organization.kind IS 'Kind of office';
COMMENT ON COLUMN registry.organization.parent_id IS 'The office it belongs to: a department''s committee; null for the others';
COMMENT ON COLUMN registry.organization.area_id IS 'The province it governs or serves, shared by a committee and its departments, such as an_giang; null for central offices';
COMMENT ON COLUMN registry.organization.valid_from IS 'First day on which the office exists';
COMMENT ON COLUMN registry.organization.valid_to IS 'First day on which it no longer exists; null while it does';

CREATE TABLE registry.organization_name (
    organization_id text NOT NULL REFERENCES registry.organization,
    name text NOT NULL,
    short_name text NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    PRIMARY KEY (organization_id, valid_from)
);
COMMENT ON TABLE registry.organization_name IS 'The names of an office over time; a cycle prints the name of its day.';
COMMENT ON COLUMN registry.organization_name.organization_id IS 'The office';
COMMENT ON COLUMN registry.organization_name.name IS 'Full official name, NFC, as a letter addresses it: Ủy ban nhân dân tỉnh An Giang';
COMMENT ON COLUMN registry.organization_name.short_name IS 'Name in lists and tables: An Giang';
COMMENT ON COLUMN registry.organization_name.valid_from IS 'First day of this name';
COMMENT ON COLUMN registry.organization_name.valid_to IS 'First day on which it no longer holds';

CREATE TABLE registry.organization_code (
    organization_id text NOT NULL REFERENCES registry.organization,
    code_set text NOT NULL,
    code text NOT NULL,
    PRIMARY KEY (organization_id, code_set)
);
COMMENT ON TABLE registry.organization_code IS 'Codes of an office; a code means something only together with its code set, because seven codes of the 63 were used again for other provinces of the 34.';
COMMENT ON COLUMN registry.organization_code.organization_id IS 'The office';
COMMENT ON COLUMN registry.organization_code.code_set IS 'Code list: gso63, gso34, iso3166_2';
COMMENT ON COLUMN registry.organization_code.code IS 'The code in that list';

CREATE TABLE registry.region_scheme (
    region_scheme text PRIMARY KEY,
    valid_from date NOT NULL,
    valid_to date,
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
COMMENT ON TABLE registry.region_scheme IS 'The divisions of the country into socio-economic regions, and the days on which each holds; no two hold on one day.';
COMMENT ON COLUMN registry.region_scheme.region_scheme IS 'region63: the six regions of the 63 provinces; region34: the six of the 34';
COMMENT ON COLUMN registry.region_scheme.valid_from IS 'First day on which it holds';
COMMENT ON COLUMN registry.region_scheme.valid_to IS 'First day on which it no longer holds; null while it does';

CREATE FUNCTION registry.region_scheme_on(day date) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT s.region_scheme
    FROM registry.region_scheme s
    WHERE day >= s.valid_from AND (s.valid_to IS NULL OR day < s.valid_to)
$$;
COMMENT ON FUNCTION registry.region_scheme_on IS 'The division into regions that holds on a day; null when none does.';

CREATE TABLE registry.organization_region (
    organization_id text NOT NULL REFERENCES registry.organization,
    region_scheme text NOT NULL,
    region text NOT NULL,
    PRIMARY KEY (organization_id, region_scheme)
);
COMMENT ON TABLE registry.organization_region IS 'The socio-economic region of an office, by scheme (six regions of the 63, six of the 34).';
COMMENT ON COLUMN registry.organization_region.organization_id IS 'The office';
COMMENT ON COLUMN registry.organization_region.region_scheme IS 'region63 or region34';
COMMENT ON COLUMN registry.organization_region.region IS 'Name of the region';

CREATE TABLE registry.succession (
    predecessor_id text NOT NULL REFERENCES registry.organization,
    successor_id text NOT NULL REFERENCES registry.organization,
    effective_on date NOT NULL,
    instrument text NOT NULL,
    carries_series boolean NOT NULL DEFAULT true,
    PRIMARY KEY (predecessor_id, successor_id)
);
CREATE UNIQUE INDEX succession_series_key ON registry.succession (predecessor_id) WHERE carries_series;
COMMENT ON TABLE registry.succession IS 'Which office took over from which, and by what instrument.';
COMMENT ON COLUMN registry.succession.predecessor_id IS 'The office that ended or was changed';
COMMENT ON COLUMN registry.succession.successor_id IS 'The office that took over';
COMMENT ON COLUMN registry.succession.effective_on IS 'First day of the successor';
COMMENT ON COLUMN registry.succession.instrument IS 'Legal instrument, such as Nghị quyết 202/2025/QH15';
COMMENT ON COLUMN registry.succession.carries_series IS 'Whether figures of the predecessor are read against this successor; of several that divided an office, one does';

CREATE TABLE registry.aggregation_rule (
    indicator_kind text PRIMARY KEY,
    rule text NOT NULL CHECK (rule IN ('any','sum','list'))
);
COMMENT ON TABLE registry.aggregation_rule IS 'How figures of offices that were merged become one figure of the office that took over, by kind of indicator.';
COMMENT ON COLUMN registry.aggregation_rule.indicator_kind IS 'mark; count, amount, percent, number of quantities; text for prose and rows of open tables';
COMMENT ON COLUMN registry.aggregation_rule.rule IS 'any: has it if one of them has; sum: added up; list: not made one, each is listed';

CREATE TABLE registry.value_label (
    state text PRIMARY KEY,
    label text NOT NULL
);
COMMENT ON TABLE registry.value_label IS 'What a figure without a number reads as in lists for people.';
COMMENT ON COLUMN registry.value_label.state IS 'State of core.fact; none: nothing was accepted';
COMMENT ON COLUMN registry.value_label.label IS 'Vietnamese words';

CREATE TABLE registry.organization_alias (
    alias_key text NOT NULL,
    organization_id text NOT NULL REFERENCES registry.organization,
    spelling text NOT NULL,
    source text NOT NULL,
    PRIMARY KEY (alias_key, organization_id)
);
COMMENT ON TABLE registry.organization_alias IS 'Other spellings that are understood as an office, matched on the folded key.';
COMMENT ON COLUMN registry.organization_alias.alias_key IS 'Folded spelling (see reporting.registry.names.fold)';
COMMENT ON COLUMN registry.organization_alias.organization_id IS 'The office meant';
COMMENT ON COLUMN registry.organization_alias.spelling IS 'The spelling as written';
COMMENT ON COLUMN registry.organization_alias.source IS 'Where the spelling was seen';

CREATE TABLE registry.group_member (
    group_code text NOT NULL,
    organization_id text NOT NULL REFERENCES registry.organization,
    position integer NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    PRIMARY KEY (group_code, organization_id, valid_from)
);
COMMENT ON TABLE registry.group_member IS 'Lists of addressees in their official order, effective-dated.';
COMMENT ON COLUMN registry.group_member.group_code IS 'List, such as provincial_committees';
COMMENT ON COLUMN registry.group_member.organization_id IS 'The member';
COMMENT ON COLUMN registry.group_member.position IS 'Place in the list, from 1';
COMMENT ON COLUMN registry.group_member.valid_from IS 'First day of membership';
COMMENT ON COLUMN registry.group_member.valid_to IS 'First day on which it no longer holds';

CREATE TABLE registry.contact (
    contact_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id text NOT NULL REFERENCES registry.organization,
    email text NOT NULL,
    display_name text NOT NULL,
    role text NOT NULL DEFAULT 'to' CHECK (role IN ('to','copy','escalation')),
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active','bouncing','retired')),
    is_sample boolean NOT NULL DEFAULT false,
    title text,
    phone text,
    position integer NOT NULL DEFAULT 1 CHECK (position >= 1),
    note text,
    UNIQUE (organization_id, email)
);
COMMENT ON TABLE registry.contact IS 'A person or mailbox through which an office is reached. Addresses of samples end in .example.';
COMMENT ON COLUMN registry.contact.contact_id IS 'Surrogate key';
COMMENT ON COLUMN registry.contact.organization_id IS 'The office';
COMMENT ON COLUMN registry.contact.email IS 'Address, lower case';
COMMENT ON COLUMN registry.contact.display_name IS 'Name or role shown in the mail';
COMMENT ON COLUMN registry.contact.role IS 'How the contact is used';
COMMENT ON COLUMN registry.contact.state IS 'Whether mail is sent to it';
COMMENT ON COLUMN registry.contact.is_sample IS 'True for contacts made for samples and rehearsals';
COMMENT ON COLUMN registry.contact.title IS 'Position held (chức vụ); null when not known';
COMMENT ON COLUMN registry.contact.phone IS 'Telephone as given, to be called by a person; null for samples';
COMMENT ON COLUMN registry.contact.position IS 'Order of use among the contacts of the same role, from 1; equal places by contact_id';
COMMENT ON COLUMN registry.contact.note IS 'Remark of the officers; null: none';

CREATE TABLE registry.contact_change (
    change_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id text NOT NULL REFERENCES registry.organization,
    contact_id bigint NOT NULL REFERENCES registry.contact,
    kind text NOT NULL CHECK (kind IN ('added','changed','retired','reinstated','bounced','confirmed')),
    before jsonb,
    after jsonb,
    source text NOT NULL,
    changed_by text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE registry.contact_change IS 'Every change of a contact, who made it and from what; append only.';
COMMENT ON COLUMN registry.contact_change.change_id IS 'Surrogate key';
COMMENT ON COLUMN registry.contact_change.organization_id IS 'The office';
COMMENT ON COLUMN registry.contact_change.contact_id IS 'The contact';
COMMENT ON COLUMN registry.contact_change.kind IS 'added; changed: particulars; retired: no longer used; reinstated: used again; bounced: its mail came back; confirmed: a change of focal point that an officer confirmed';
COMMENT ON COLUMN registry.contact_change.before IS 'The columns that changed, as they were; null for a contact that is new';
COMMENT ON COLUMN registry.contact_change.after IS 'The same columns as they are since; null when nothing changed';
COMMENT ON COLUMN registry.contact_change.source IS 'Name of the imported file, command line, or Message-ID of the bounce; of a confirmed change also how it was heard';
COMMENT ON COLUMN registry.contact_change.changed_by IS 'User, or the task that did it';
COMMENT ON COLUMN registry.contact_change.changed_at IS 'When, by the machine''s clock';

CREATE TABLE registry.local_instrument (
    organization_id text NOT NULL REFERENCES registry.organization,
    subject text NOT NULL,
    stage text NOT NULL,
    position integer CHECK (position >= 1),
    document_number text,
    document_on date,
    valid_from date NOT NULL,
    valid_to date,
    source text NOT NULL,
    PRIMARY KEY (organization_id, subject, valid_from)
);
COMMENT ON TABLE registry.local_instrument IS 'The life of an office''s own instruments, effective-dated: whether it issued the regulation (Quy chế), under which decree, or a plan; conditions of obligations and lists in letters are asked of it.';
COMMENT ON COLUMN registry.local_instrument.organization_id IS 'The office';
COMMENT ON COLUMN registry.local_instrument.subject IS 'What it is: quy_che_ttdn, ke_hoach_kl_57';
COMMENT ON COLUMN registry.local_instrument.stage IS 'Where it stands: none, qd_79, nd_72, issued';
COMMENT ON COLUMN registry.local_instrument.position IS 'Place among the offices of this stage in the document that names them; null: it names none, or not this one';
COMMENT ON COLUMN registry.local_instrument.document_number IS 'Number of the office''s document, where known';
COMMENT ON COLUMN registry.local_instrument.document_on IS 'Its date';
COMMENT ON COLUMN registry.local_instrument.valid_from IS 'First day of this stage';
COMMENT ON COLUMN registry.local_instrument.valid_to IS 'First day on which it no longer holds';
COMMENT ON COLUMN registry.local_instrument.source IS 'How it is known: a letter, a workbook';

CREATE TABLE registry.sender_alias (
    email text NOT NULL CHECK (email = lower(email)),
    organization_id text NOT NULL REFERENCES registry.organization,
    learnt_from text NOT NULL,
    reason text NOT NULL,
    taught_by text NOT NULL,
    taught_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    undone_at timestamptz,
    undone_by text,
    PRIMARY KEY (email, organization_id)
);
COMMENT ON TABLE registry.sender_alias IS 'Addresses that a person found to speak for an office though they are none of its contacts; nothing is sent to them by themselves.';
COMMENT ON COLUMN registry.sender_alias.email IS 'Address, lower case';
COMMENT ON COLUMN registry.sender_alias.organization_id IS 'The office';
COMMENT ON COLUMN registry.sender_alias.learnt_from IS 'The delivery by which it was learnt, such as arrival 12';
COMMENT ON COLUMN registry.sender_alias.reason IS 'Why it was believed';
COMMENT ON COLUMN registry.sender_alias.taught_by IS 'Who decided';
COMMENT ON COLUMN registry.sender_alias.taught_at IS 'When';
COMMENT ON COLUMN registry.sender_alias.undone_at IS 'When it was taken back; null: it stands';
COMMENT ON COLUMN registry.sender_alias.undone_by IS 'By whom';
