CREATE TABLE allocations (
	document TEXT NOT NULL,
	line INTEGER NOT NULL,
	lot TEXT NOT NULL,
	serial TEXT NOT NULL,
	item TEXT NOT NULL,
	warehouse TEXT NOT NULL,
	quantity BIGINT NOT NULL,
	PRIMARY KEY (document, line, lot, serial),
	CONSTRAINT allocations_quantity CHECK (quantity > 0)
)
--
CREATE TABLE balances (
	item TEXT NOT NULL,
	warehouse TEXT NOT NULL,
	lot TEXT NOT NULL,
	serial TEXT NOT NULL,
	on_hand BIGINT NOT NULL,
	held BIGINT NOT NULL,
	reserved BIGINT NOT NULL,
	received_at BIGINT NOT NULL,
	received_document TEXT NOT NULL,
	PRIMARY KEY (item, warehouse, lot, serial),
	CONSTRAINT balances_on_hand CHECK (on_hand >= 0),
	CONSTRAINT balances_held CHECK (held >= 0),
	CONSTRAINT balances_reserved CHECK (reserved >= 0),
	CONSTRAINT balances_available CHECK (on_hand - held - reserved >= 0),
	CONSTRAINT balances_serial_piece CHECK (serial = '' OR on_hand <= 1)
)
--
CREATE UNIQUE INDEX balances_serial ON balances (item, serial) WHERE serial != '' AND on_hand > 0
--
CREATE TABLE entries (
	sequence BIGINT NOT NULL,
	item TEXT NOT NULL,
	warehouse TEXT NOT NULL,
	lot TEXT NOT NULL,
	serial TEXT NOT NULL,
	quantity BIGINT NOT NULL,
	movement TEXT NOT NULL,
	document TEXT NOT NULL,
	line INTEGER NOT NULL,
	counterpart TEXT NOT NULL,
	occurred_at BIGINT NOT NULL,
	recorded_at BIGINT NOT NULL,
	actor TEXT NOT NULL,
	client TEXT NOT NULL,
	request_id TEXT NOT NULL,
	unit_cost_micros BIGINT,
	reverses BIGINT,
	PRIMARY KEY (sequence),
	CONSTRAINT entries_quantity CHECK (quantity <> 0),
	CONSTRAINT entries_cause CHECK (document <> '' AND line > 0 AND request_id <> '')
)
--
CREATE INDEX entries_document ON entries (document, sequence)
--
CREATE INDEX entries_item ON entries (item, sequence)
--
CREATE INDEX entries_lot ON entries (lot, sequence) WHERE lot != ''
--
CREATE INDEX entries_occurred ON entries (occurred_at)
--
CREATE INDEX entries_place ON entries (item, warehouse, sequence, quantity)
--
CREATE INDEX entries_warehouse ON entries (warehouse, sequence)
--
CREATE FUNCTION entries_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'rows of entries are never changed'; END $$
--
CREATE TRIGGER entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON entries
FOR EACH STATEMENT EXECUTE FUNCTION entries_refuse()
--
CREATE TABLE items (
	code TEXT NOT NULL,
	name TEXT NOT NULL,
	name_en TEXT NOT NULL,
	specification TEXT NOT NULL,
	category TEXT NOT NULL,
	base_unit TEXT NOT NULL,
	scale INTEGER NOT NULL,
	barcode TEXT,
	tracking TEXT NOT NULL,
	shelf_life_days INTEGER NOT NULL,
	reference_cost_micros BIGINT,
	list_price_micros BIGINT,
	reorder_point BIGINT,
	archived BOOLEAN NOT NULL,
	version BIGINT NOT NULL,
	change BIGINT NOT NULL,
	request_id TEXT,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (code),
	CONSTRAINT items_scale CHECK (scale BETWEEN 0 AND 6),
	CONSTRAINT items_barcode UNIQUE (barcode),
	CONSTRAINT items_request_id UNIQUE (request_id)
)
--
CREATE INDEX items_category ON items (category, code)
--
CREATE INDEX items_change ON items (change)
--
CREATE INDEX items_watched ON items (code) WHERE reorder_point IS NOT NULL
--
CREATE TABLE lots (
	item TEXT NOT NULL,
	lot TEXT NOT NULL,
	expiry DATE,
	created_at BIGINT NOT NULL,
	PRIMARY KEY (item, lot)
)
--
CREATE TABLE numbers (
	name TEXT NOT NULL,
	last BIGINT NOT NULL,
	PRIMARY KEY (name)
)
--
CREATE TABLE reservation_lines (
	document TEXT NOT NULL,
	line INTEGER NOT NULL,
	item TEXT NOT NULL,
	warehouse TEXT NOT NULL,
	wanted BIGINT NOT NULL,
	reserved BIGINT NOT NULL,
	issued BIGINT NOT NULL,
	waiting BIGINT NOT NULL,
	PRIMARY KEY (document, line),
	CONSTRAINT reservation_lines_signs CHECK (wanted > 0 AND reserved >= 0 AND issued >= 0),
	CONSTRAINT reservation_lines_sum CHECK (reserved + issued + waiting <= wanted)
)
--
CREATE INDEX reservation_lines_waiting ON reservation_lines (item, warehouse) WHERE waiting > 0
--
CREATE TABLE reservations (
	document TEXT NOT NULL,
	state TEXT NOT NULL,
	of_order BOOLEAN NOT NULL,
	approved BOOLEAN NOT NULL,
	movement TEXT NOT NULL,
	counterpart TEXT NOT NULL,
	requester TEXT NOT NULL,
	request_id TEXT,
	expires_at BIGINT,
	approved_at BIGINT,
	created_at BIGINT NOT NULL,
	PRIMARY KEY (document),
	CONSTRAINT reservations_state CHECK (state IN ('held', 'reserved', 'issued', 'released', 'expired')),
	CONSTRAINT reservations_request_id UNIQUE (request_id)
)
--
CREATE INDEX reservations_expiring ON reservations (expires_at) WHERE state = 'held'
--
CREATE TABLE returns (
	document TEXT NOT NULL,
	state TEXT NOT NULL,
	approved BOOLEAN NOT NULL,
	movement TEXT NOT NULL,
	counterpart TEXT NOT NULL,
	requester TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	PRIMARY KEY (document),
	CONSTRAINT returns_state CHECK (state IN ('expected', 'received', 'withdrawn'))
)
--
CREATE TABLE settings (
	name TEXT NOT NULL,
	value BIGINT NOT NULL,
	PRIMARY KEY (name)
)
--
CREATE TABLE warehouses (
	code TEXT NOT NULL,
	number INTEGER NOT NULL,
	name TEXT NOT NULL,
	name_en TEXT NOT NULL,
	purpose TEXT NOT NULL,
	time_zone TEXT NOT NULL,
	request_id TEXT,
	created_at BIGINT NOT NULL,
	PRIMARY KEY (code),
	CONSTRAINT warehouses_number UNIQUE (number),
	CONSTRAINT warehouses_request_id UNIQUE (request_id)
)
--
CREATE TABLE item_aliases (
	item TEXT NOT NULL,
	position INTEGER NOT NULL,
	alias TEXT NOT NULL,
	PRIMARY KEY (item, position),
	CONSTRAINT item_aliases_item FOREIGN KEY(item) REFERENCES items (code)
)
--
CREATE TABLE item_units (
	item TEXT NOT NULL,
	unit TEXT NOT NULL,
	position INTEGER NOT NULL,
	numerator BIGINT NOT NULL,
	denominator BIGINT NOT NULL,
	PRIMARY KEY (item, unit),
	CONSTRAINT item_units_factor CHECK (numerator > 0 AND denominator > 0),
	CONSTRAINT item_units_item FOREIGN KEY(item) REFERENCES items (code)
)
--
CREATE TABLE return_lines (
	document TEXT NOT NULL,
	line INTEGER NOT NULL,
	item TEXT NOT NULL,
	warehouse TEXT NOT NULL,
	expected BIGINT NOT NULL,
	returned BIGINT NOT NULL,
	PRIMARY KEY (document, line),
	CONSTRAINT return_lines_sum CHECK (expected > 0 AND returned >= 0 AND returned <= expected),
	CONSTRAINT return_lines_document FOREIGN KEY(document) REFERENCES returns (document)
)
