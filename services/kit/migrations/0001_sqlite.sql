CREATE TABLE aggregates (
	aggregate TEXT NOT NULL,
	last_sequence BIGINT NOT NULL,
	PRIMARY KEY (aggregate)
)
--
CREATE TABLE attempts (
	event_id TEXT NOT NULL,
	count BIGINT NOT NULL,
	reason TEXT NOT NULL,
	last_at BIGINT NOT NULL,
	PRIMARY KEY (event_id)
)
--
CREATE TABLE audit (
	sequence BIGINT NOT NULL,
	time BIGINT NOT NULL,
	actor TEXT NOT NULL,
	client TEXT NOT NULL,
	action TEXT NOT NULL,
	subject TEXT NOT NULL,
	outcome TEXT NOT NULL,
	facts TEXT NOT NULL,
	hash BLOB NOT NULL,
	PRIMARY KEY (sequence)
)
--
CREATE INDEX audit_subject ON audit (subject)
--
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'rows of audit are never changed'); END
--
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'rows of audit are never changed'); END
--
CREATE TABLE heard (
	source TEXT NOT NULL,
	aggregate TEXT NOT NULL,
	last_sequence BIGINT NOT NULL,
	PRIMARY KEY (source, aggregate)
)
--
CREATE TABLE inbox (
	event_id TEXT NOT NULL,
	event_type TEXT NOT NULL,
	applied_at BIGINT NOT NULL,
	PRIMARY KEY (event_id)
)
--
CREATE INDEX inbox_applied ON inbox (applied_at)
--
CREATE TABLE outbox (
	sequence INTEGER NOT NULL,
	event_id TEXT NOT NULL,
	event_type TEXT NOT NULL,
	aggregate TEXT NOT NULL,
	aggregate_sequence BIGINT NOT NULL,
	payload BLOB NOT NULL,
	trace TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	sent_at BIGINT,
	generation INTEGER DEFAULT '0' NOT NULL,
	PRIMARY KEY (sequence),
	CONSTRAINT outbox_event_id UNIQUE (event_id)
)
--
CREATE INDEX outbox_aggregate ON outbox (aggregate)
--
CREATE INDEX outbox_sent ON outbox (sent_at)
--
CREATE INDEX outbox_unsent ON outbox (sequence) WHERE sent_at IS NULL
--
CREATE TABLE parked (
	event_id TEXT NOT NULL,
	event_type TEXT NOT NULL,
	source TEXT NOT NULL,
	aggregate TEXT NOT NULL,
	aggregate_sequence BIGINT NOT NULL,
	payload BLOB NOT NULL,
	headers TEXT NOT NULL,
	reason TEXT NOT NULL,
	parked_at BIGINT NOT NULL,
	PRIMARY KEY (event_id)
)
--
CREATE INDEX parked_aggregate ON parked (source, aggregate)
--
CREATE TABLE requests (
	request_id TEXT NOT NULL,
	command TEXT NOT NULL,
	digest BLOB NOT NULL,
	answer BLOB NOT NULL,
	answered_at BIGINT NOT NULL,
	PRIMARY KEY (request_id)
)
--
CREATE TRIGGER requests_no_update BEFORE UPDATE ON requests
BEGIN SELECT RAISE(ABORT, 'rows of requests are never changed'); END
--
CREATE TRIGGER requests_no_delete BEFORE DELETE ON requests
BEGIN SELECT RAISE(ABORT, 'rows of requests are never changed'); END
