-- One row per setting of Tilsyn itself that was changed: the change log. Its entry in "log" (action "configure") says who and
-- when. setting: a JSON Pointer into the configuration; kind: insert, change or delete; values as JSON, without secrets.
CREATE TABLE change (
  log_id INTEGER NOT NULL,
  ord INTEGER NOT NULL,
  setting TEXT NOT NULL,
  kind TEXT NOT NULL,
  old_value TEXT,
  new_value TEXT,
  PRIMARY KEY (log_id, ord)
) STRICT, WITHOUT ROWID;
