CREATE TABLE cards (
	id TEXT NOT NULL,
	person TEXT NOT NULL,
	kind TEXT NOT NULL,
	subject TEXT NOT NULL,
	data TEXT NOT NULL,
	request BLOB NOT NULL,
	state TEXT NOT NULL,
	platform TEXT NOT NULL,
	reference TEXT,
	version BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (id),
	CONSTRAINT cards_version CHECK (version >= 1)
)
--
CREATE INDEX cards_open ON cards (created_at) WHERE state = 'open'
--
CREATE INDEX cards_subject ON cards (subject)
--
CREATE TABLE contacts (
	person TEXT NOT NULL,
	platform TEXT NOT NULL,
	tenant TEXT NOT NULL,
	user_id TEXT NOT NULL,
	address_kind TEXT NOT NULL,
	address TEXT NOT NULL,
	contacted_at BIGINT NOT NULL,
	PRIMARY KEY (person, platform, tenant)
)
--
CREATE TABLE deliveries (
	sequence INTEGER NOT NULL,
	"key" TEXT NOT NULL,
	person TEXT NOT NULL,
	kind TEXT NOT NULL,
	data TEXT NOT NULL,
	cause TEXT NOT NULL,
	state TEXT NOT NULL,
	tries BIGINT NOT NULL,
	error TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	next_at BIGINT NOT NULL,
	ended_at BIGINT,
	PRIMARY KEY (sequence),
	CONSTRAINT deliveries_key UNIQUE ("key"),
	CONSTRAINT deliveries_state CHECK (state IN ('waiting', 'sent', 'given_up')),
	CONSTRAINT deliveries_ended CHECK ((state = 'waiting') = (ended_at IS NULL))
)
--
CREATE INDEX deliveries_old ON deliveries (ended_at)
--
CREATE INDEX deliveries_open ON deliveries (cause) WHERE state = 'waiting'
--
CREATE INDEX deliveries_waiting ON deliveries (person, sequence) WHERE state = 'waiting'
--
CREATE TABLE guides (
	person TEXT NOT NULL,
	kind TEXT NOT NULL,
	seen_at BIGINT NOT NULL,
	PRIMARY KEY (person, kind)
)
--
CREATE TABLE heads (
	person TEXT NOT NULL,
	sequence BIGINT NOT NULL,
	revision BIGINT NOT NULL,
	PRIMARY KEY (person)
)
--
CREATE TABLE languages (
	person TEXT NOT NULL,
	language TEXT NOT NULL,
	chosen_at BIGINT NOT NULL,
	PRIMARY KEY (person)
)
--
CREATE TABLE links (
	token_digest BLOB NOT NULL,
	person TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	ends_at BIGINT NOT NULL,
	used_at BIGINT,
	PRIMARY KEY (token_digest)
)
--
CREATE INDEX links_ends ON links (ends_at)
--
CREATE TABLE messages (
	person TEXT NOT NULL,
	sequence BIGINT NOT NULL,
	revision BIGINT NOT NULL,
	"key" TEXT NOT NULL,
	author TEXT NOT NULL,
	content TEXT NOT NULL,
	card TEXT,
	kept_at BIGINT NOT NULL,
	PRIMARY KEY (person, sequence),
	CONSTRAINT messages_revision UNIQUE (person, revision),
	CONSTRAINT messages_key UNIQUE (person, "key"),
	CONSTRAINT messages_places CHECK (sequence >= 1 AND revision >= sequence)
)
--
CREATE INDEX messages_card ON messages (person, card) WHERE card IS NOT NULL
--
CREATE INDEX messages_kept ON messages (kept_at)
--
CREATE TABLE projections (
	kind TEXT NOT NULL,
	name TEXT NOT NULL,
	body BLOB NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (kind, name)
)
--
CREATE INDEX projections_updated ON projections (updated_at)
--
CREATE TABLE received (
	platform TEXT NOT NULL,
	tenant TEXT NOT NULL,
	dedupe_key TEXT NOT NULL,
	kind TEXT NOT NULL,
	sender TEXT NOT NULL,
	address_kind TEXT NOT NULL,
	address TEXT NOT NULL,
	door TEXT NOT NULL,
	body TEXT NOT NULL,
	received_at BIGINT NOT NULL,
	state TEXT NOT NULL,
	detail TEXT NOT NULL,
	finished_at BIGINT,
	PRIMARY KEY (platform, tenant, dedupe_key),
	CONSTRAINT received_kind CHECK (kind IN ('text', 'click', 'enter', 'image')),
	CONSTRAINT received_state CHECK (state IN ('new', 'done', 'refused', 'parked')),
	CONSTRAINT received_finished CHECK ((state = 'new') = (finished_at IS NULL))
)
--
CREATE INDEX received_old ON received (state, finished_at)
--
CREATE INDEX received_unfinished ON received (received_at) WHERE state = 'new'
