ALTER TABLE cards ADD COLUMN shown TEXT DEFAULT '' NOT NULL
--
CREATE INDEX cards_person ON cards (person, created_at)
--
CREATE TABLE attachments (
	cause TEXT NOT NULL,
	person TEXT NOT NULL,
	media_type TEXT NOT NULL,
	data BLOB NOT NULL,
	kept_at BIGINT NOT NULL,
	PRIMARY KEY (cause)
)
--
CREATE INDEX attachments_kept ON attachments (kept_at)
--
CREATE TABLE chat_counts (
	name TEXT NOT NULL,
	period TEXT NOT NULL,
	used BIGINT NOT NULL,
	PRIMARY KEY (name, period)
)
--
CREATE TABLE chat_leases (
	name TEXT NOT NULL,
	holder TEXT NOT NULL,
	ends_at BIGINT NOT NULL,
	PRIMARY KEY (name)
)
--
CREATE TABLE codes (
	digest BLOB NOT NULL,
	platform TEXT NOT NULL,
	tenant TEXT NOT NULL,
	user_id TEXT NOT NULL,
	name TEXT NOT NULL,
	person TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	ends_at BIGINT NOT NULL,
	used_at BIGINT,
	PRIMARY KEY (digest),
	CONSTRAINT codes_one_side CHECK ((person = '') <> (user_id = ''))
)
--
CREATE INDEX codes_account ON codes (platform, tenant, user_id)
--
CREATE INDEX codes_ends ON codes (ends_at)
--
CREATE INDEX codes_person ON codes (person)
