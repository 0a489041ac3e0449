CREATE TABLE catalogue_items (
	code TEXT NOT NULL,
	name TEXT NOT NULL,
	name_en TEXT NOT NULL,
	category TEXT NOT NULL,
	base_unit TEXT NOT NULL,
	quantity_scale INTEGER NOT NULL,
	packs JSON NOT NULL,
	reference_cost_micros BIGINT NOT NULL,
	archived BOOLEAN NOT NULL,
	etag TEXT NOT NULL,
	update_time BIGINT NOT NULL,
	PRIMARY KEY (code)
)
--
CREATE TABLE catalogue_warehouses (
	code TEXT NOT NULL,
	name TEXT NOT NULL,
	name_en TEXT NOT NULL,
	PRIMARY KEY (code)
)
--
CREATE TABLE orders (
	number BIGINT NOT NULL,
	name TEXT NOT NULL,
	kind TEXT NOT NULL,
	state TEXT NOT NULL,
	version BIGINT NOT NULL,
	revision BIGINT NOT NULL,
	request_id TEXT NOT NULL,
	requester TEXT NOT NULL,
	department TEXT NOT NULL,
	counterpart TEXT NOT NULL,
	purpose TEXT NOT NULL,
	granted_task TEXT NOT NULL,
	granted_version BIGINT NOT NULL,
	outcome_reason TEXT NOT NULL,
	outcome_person TEXT NOT NULL,
	expire_time BIGINT,
	create_time BIGINT NOT NULL,
	update_time BIGINT NOT NULL,
	PRIMARY KEY (number),
	CONSTRAINT orders_name UNIQUE (name),
	CONSTRAINT orders_request_id UNIQUE (request_id),
	CONSTRAINT orders_state CHECK (state IN ('PENDING_APPROVAL', 'APPROVED', 'PARTLY_FULFILLED', 'FULFILLED', 'REJECTED', 'CANCELLED', 'EXPIRED')),
	CONSTRAINT orders_timer CHECK ((state IN ('PENDING_APPROVAL', 'APPROVED', 'PARTLY_FULFILLED')) = (expire_time IS NOT NULL)),
	CONSTRAINT orders_granted CHECK (state NOT IN ('APPROVED', 'PARTLY_FULFILLED', 'FULFILLED') OR (granted_task <> '' AND granted_version = version))
)
--
CREATE INDEX orders_expiry ON orders (expire_time)
--
CREATE INDEX orders_requester ON orders (requester, number)
--
CREATE INDEX orders_state_number ON orders (state, number)
--
CREATE TABLE order_lines (
	number BIGINT NOT NULL,
	line INTEGER NOT NULL,
	item TEXT NOT NULL,
	item_name TEXT NOT NULL,
	item_name_en TEXT NOT NULL,
	category TEXT NOT NULL,
	warehouse TEXT NOT NULL,
	entered_micros BIGINT NOT NULL,
	entered_unit TEXT NOT NULL,
	base_unit TEXT NOT NULL,
	scale INTEGER NOT NULL,
	ordered BIGINT NOT NULL,
	amount_micros BIGINT NOT NULL,
	reserved BIGINT NOT NULL,
	short BIGINT NOT NULL,
	fulfilled BIGINT NOT NULL,
	PRIMARY KEY (number, line),
	CONSTRAINT order_lines_order FOREIGN KEY(number) REFERENCES orders (number),
	CONSTRAINT order_lines_once UNIQUE (number, item, warehouse),
	CONSTRAINT order_lines_positive CHECK (ordered > 0 AND amount_micros >= 0),
	CONSTRAINT order_lines_promise CHECK (reserved >= 0 AND short >= 0),
	CONSTRAINT order_lines_fulfilled CHECK (fulfilled >= 0 AND fulfilled <= ordered)
)
--
CREATE TABLE order_steps (
	number BIGINT NOT NULL,
	revision BIGINT NOT NULL,
	state_before TEXT NOT NULL,
	state_after TEXT NOT NULL,
	step_time BIGINT NOT NULL,
	PRIMARY KEY (number, revision),
	CONSTRAINT order_steps_order FOREIGN KEY(number) REFERENCES orders (number)
)
--
CREATE FUNCTION order_steps_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'rows of order_steps are never changed'; END $$
--
CREATE TRIGGER order_steps_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON order_steps
FOR EACH STATEMENT EXECUTE FUNCTION order_steps_refuse()
