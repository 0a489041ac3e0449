CREATE TABLE first_chats (
	person TEXT NOT NULL,
	platforms TEXT NOT NULL,
	chosen_at BIGINT NOT NULL,
	PRIMARY KEY (person)
)
