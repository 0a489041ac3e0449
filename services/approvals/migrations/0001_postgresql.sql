CREATE TABLE people (
	id TEXT NOT NULL,
	name TEXT NOT NULL,
	name_en TEXT NOT NULL,
	department TEXT NOT NULL,
	manager TEXT NOT NULL,
	language TEXT NOT NULL,
	has_left BOOLEAN NOT NULL,
	version BIGINT NOT NULL,
	request_id TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (id),
	CONSTRAINT people_request_id UNIQUE (request_id, id),
	CONSTRAINT people_own_manager CHECK (manager <> id)
)
--
CREATE INDEX people_department ON people (department)
--
CREATE INDEX people_manager ON people (manager)
--
CREATE TABLE rules (
	name TEXT NOT NULL,
	version BIGINT NOT NULL,
	title TEXT NOT NULL,
	title_en TEXT NOT NULL,
	position INTEGER NOT NULL,
	conditions JSON NOT NULL,
	steps JSON NOT NULL,
	owners JSON NOT NULL,
	state TEXT NOT NULL,
	proposer TEXT NOT NULL,
	confirmer TEXT NOT NULL,
	request_id TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	in_force_at BIGINT,
	PRIMARY KEY (name, version),
	CONSTRAINT rules_request_id UNIQUE (request_id),
	CONSTRAINT rules_state CHECK (state IN ('proposed', 'active', 'replaced')),
	CONSTRAINT rules_two_people CHECK (state <> 'active' OR confirmer <> proposer)
)
--
CREATE UNIQUE INDEX rules_active ON rules (name) WHERE state = 'active'
--
CREATE TABLE tasks (
	row BIGSERIAL NOT NULL,
	name TEXT NOT NULL,
	order_name TEXT NOT NULL,
	order_number BIGINT NOT NULL,
	order_version BIGINT NOT NULL,
	kind TEXT NOT NULL,
	requester TEXT NOT NULL,
	department TEXT NOT NULL,
	purpose TEXT NOT NULL,
	amount_micros BIGINT,
	lines JSON NOT NULL,
	state TEXT NOT NULL,
	current_step INTEGER NOT NULL,
	rule TEXT NOT NULL,
	rule_version BIGINT NOT NULL,
	rule_title TEXT NOT NULL,
	rule_title_en TEXT NOT NULL,
	owners JSON NOT NULL,
	version BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	reminded_at BIGINT,
	ended_at BIGINT,
	ended_by TEXT NOT NULL,
	next_check BIGINT,
	told TEXT NOT NULL,
	PRIMARY KEY (row),
	CONSTRAINT tasks_name UNIQUE (name),
	CONSTRAINT tasks_order_version UNIQUE (order_name, order_version),
	CONSTRAINT tasks_state CHECK (state IN ('open', 'granted', 'refused', 'withdrawn', 'stuck')),
	CONSTRAINT tasks_end CHECK ((state IN ('open', 'stuck')) = (ended_at IS NULL)),
	CONSTRAINT tasks_not_own CHECK (state NOT IN ('granted', 'refused') OR ended_by <> requester)
)
--
CREATE INDEX tasks_next_check ON tasks (next_check)
--
CREATE INDEX tasks_number ON tasks (order_number)
--
CREATE UNIQUE INDEX tasks_open_order ON tasks (order_name) WHERE ended_at IS NULL
--
CREATE INDEX tasks_requester ON tasks (requester, row)
--
CREATE INDEX tasks_state ON tasks (state, row)
--
CREATE TABLE delegations (
	row BIGSERIAL NOT NULL,
	name TEXT NOT NULL,
	from_person TEXT NOT NULL,
	to_person TEXT NOT NULL,
	start_at BIGINT NOT NULL,
	end_at BIGINT NOT NULL,
	kinds JSON NOT NULL,
	ended_at BIGINT,
	request_id TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	PRIMARY KEY (row),
	CONSTRAINT delegations_from FOREIGN KEY(from_person) REFERENCES people (id),
	CONSTRAINT delegations_to FOREIGN KEY(to_person) REFERENCES people (id),
	CONSTRAINT delegations_name UNIQUE (name),
	CONSTRAINT delegations_request_id UNIQUE (request_id),
	CONSTRAINT delegations_two_people CHECK (from_person <> to_person),
	CONSTRAINT delegations_time CHECK (start_at < end_at)
)
--
CREATE INDEX delegations_from_person ON delegations (from_person)
--
CREATE INDEX delegations_to_person ON delegations (to_person)
--
CREATE TABLE identities (
	platform TEXT NOT NULL,
	tenant TEXT NOT NULL,
	user_id TEXT NOT NULL,
	person TEXT NOT NULL,
	request_id TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	PRIMARY KEY (platform, tenant, user_id),
	CONSTRAINT identities_person FOREIGN KEY(person) REFERENCES people (id),
	CONSTRAINT identities_request_id UNIQUE (request_id)
)
--
CREATE INDEX identities_of_person ON identities (person)
--
CREATE TABLE person_roles (
	person TEXT NOT NULL,
	role TEXT NOT NULL,
	PRIMARY KEY (person, role),
	CONSTRAINT person_roles_person FOREIGN KEY(person) REFERENCES people (id)
)
--
CREATE INDEX person_roles_role ON person_roles (role, person)
--
CREATE TABLE task_records (
	row BIGSERIAL NOT NULL,
	task TEXT NOT NULL,
	task_version BIGINT NOT NULL,
	action TEXT NOT NULL,
	step INTEGER NOT NULL,
	person TEXT NOT NULL,
	by_person TEXT NOT NULL,
	client TEXT NOT NULL,
	note TEXT NOT NULL,
	request_id TEXT,
	recorded_at BIGINT NOT NULL,
	PRIMARY KEY (row),
	CONSTRAINT task_records_task FOREIGN KEY(task) REFERENCES tasks (name),
	CONSTRAINT task_records_request_id UNIQUE (request_id)
)
--
CREATE INDEX task_records_of_task ON task_records (task)
--
CREATE FUNCTION task_records_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'rows of task_records are never changed'; END $$
--
CREATE TRIGGER task_records_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON task_records
FOR EACH STATEMENT EXECUTE FUNCTION task_records_refuse()
--
CREATE TABLE task_steps (
	task TEXT NOT NULL,
	step INTEGER NOT NULL,
	title TEXT NOT NULL,
	mode TEXT NOT NULL,
	approvers JSON NOT NULL,
	remind_after_hours INTEGER NOT NULL,
	escalate_after_hours INTEGER NOT NULL,
	PRIMARY KEY (task, step),
	CONSTRAINT task_steps_task FOREIGN KEY(task) REFERENCES tasks (name),
	CONSTRAINT task_steps_mode CHECK (mode IN ('any', 'all', 'in_sequence'))
)
--
CREATE FUNCTION task_steps_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'rows of task_steps are never changed'; END $$
--
CREATE TRIGGER task_steps_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON task_steps
FOR EACH STATEMENT EXECUTE FUNCTION task_steps_refuse()
--
CREATE TABLE votes (
	task TEXT NOT NULL,
	step INTEGER NOT NULL,
	person TEXT NOT NULL,
	holder TEXT NOT NULL,
	requester TEXT NOT NULL,
	decision TEXT NOT NULL,
	delegation TEXT NOT NULL,
	why TEXT NOT NULL,
	seen_version BIGINT NOT NULL,
	comment TEXT NOT NULL,
	client TEXT NOT NULL,
	request_id TEXT NOT NULL,
	decided_at BIGINT NOT NULL,
	PRIMARY KEY (task, step, person),
	CONSTRAINT votes_task FOREIGN KEY(task) REFERENCES tasks (name),
	CONSTRAINT votes_person_once UNIQUE (task, person),
	CONSTRAINT votes_holder_once UNIQUE (task, holder),
	CONSTRAINT votes_request_id UNIQUE (request_id),
	CONSTRAINT votes_decision CHECK (decision IN ('approve', 'refuse')),
	CONSTRAINT votes_not_own CHECK (person <> requester AND holder <> requester),
	CONSTRAINT votes_delegation CHECK ((person = holder) = (delegation = ''))
)
--
CREATE INDEX votes_of_person ON votes (person)
--
CREATE FUNCTION votes_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'rows of votes are never changed'; END $$
--
CREATE TRIGGER votes_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON votes
FOR EACH STATEMENT EXECUTE FUNCTION votes_refuse()
--
CREATE TABLE assignments (
	task TEXT NOT NULL,
	step INTEGER NOT NULL,
	person TEXT NOT NULL,
	position INTEGER NOT NULL,
	slot INTEGER NOT NULL,
	why TEXT NOT NULL,
	state TEXT NOT NULL,
	required BOOLEAN NOT NULL,
	active_since BIGINT,
	reminded BOOLEAN NOT NULL,
	escalated BOOLEAN NOT NULL,
	decided_by TEXT NOT NULL,
	decided_at BIGINT,
	comment TEXT NOT NULL,
	client TEXT NOT NULL,
	seen_version BIGINT NOT NULL,
	PRIMARY KEY (task, step, person),
	CONSTRAINT assignments_step FOREIGN KEY(task, step) REFERENCES task_steps (task, step),
	CONSTRAINT assignments_state CHECK (state IN ('waiting', 'active', 'approved', 'refused', 'transferred', 'closed'))
)
--
CREATE INDEX assignments_person ON assignments (person, state)
