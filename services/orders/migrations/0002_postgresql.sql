ALTER TABLE catalogue_items ADD COLUMN tracked BOOLEAN DEFAULT false NOT NULL
--
ALTER TABLE order_lines ADD COLUMN unrecorded BIGINT DEFAULT '0' NOT NULL
--
CREATE INDEX order_lines_item ON order_lines (item)
