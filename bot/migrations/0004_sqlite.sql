CREATE TABLE spoken (
	person TEXT NOT NULL,
	language TEXT NOT NULL,
	spoken_at BIGINT NOT NULL,
	PRIMARY KEY (person)
)
