-- The log in one file. An auditor may open it with any SQLite program: plain text, no dictionary ids.
-- Times are UTC milliseconds since 1970, flags are 0 and 1, a person is the number without hyphen.
-- Retention comes later and will have its own tables; nothing here is ever updated but `origin`.

-- One row per entry. log_id is the rowid, so every index below ends in it: person, user, module → newest first.
-- What can be large stands last, so that the short columns are read without overflow pages.
CREATE TABLE log (
  log_id INTEGER PRIMARY KEY,
  origin TEXT NOT NULL,
  seq INTEGER NOT NULL,
  part INTEGER NOT NULL,
  asked_at INTEGER NOT NULL,
  duration_ms INTEGER,
  module TEXT,
  server TEXT NOT NULL,
  catalog TEXT,
  cube TEXT,
  report TEXT,
  application TEXT,
  user_name TEXT,
  user_key TEXT,
  organisation TEXT,
  role TEXT,
  user_source TEXT NOT NULL,
  user_confirmed INTEGER NOT NULL,
  effective_user TEXT,
  ip TEXT NOT NULL,
  action TEXT NOT NULL,
  language TEXT,
  opaque TEXT,
  opaque_at TEXT,
  outcome TEXT NOT NULL,
  status INTEGER,
  fault_code TEXT,
  row_count INTEGER,
  cell_count INTEGER,
  answer_bytes INTEGER,
  request_bytes INTEGER NOT NULL,
  request_hash TEXT,
  persons_seen INTEGER,
  decoded INTEGER NOT NULL,
  correlation_id TEXT,
  session_id TEXT,
  purpose TEXT,
  effective_roles TEXT,
  custom_data TEXT,
  query TEXT NOT NULL,
  UNIQUE (origin, seq, part)
) STRICT;

CREATE INDEX log_user ON log (user_key) WHERE user_key IS NOT NULL;
CREATE INDEX log_module ON log (module) WHERE module IS NOT NULL;
CREATE INDEX log_asked ON log (asked_at);

-- One row per criterion.
CREATE TABLE crit (
  log_id INTEGER NOT NULL,
  ord INTEGER NOT NULL,
  dimension TEXT,
  hierarchy TEXT,
  level TEXT,
  operator TEXT NOT NULL,
  value TEXT NOT NULL,
  value_to TEXT,
  person TEXT,
  person_to TEXT,
  origin_clause TEXT NOT NULL,
  PRIMARY KEY (log_id, ord)
) STRICT, WITHOUT ROWID;

-- An index of a table WITHOUT ROWID ends in its primary key (sqlite.org, "Clustered Indexes and the WITHOUT ROWID
-- Optimization"): these lead from a person straight to log_id, newest first.
CREATE INDEX crit_person ON crit (person) WHERE person IS NOT NULL;
CREATE INDEX crit_person_to ON crit (person_to) WHERE person_to IS NOT NULL;

-- One row per dimension used.
CREATE TABLE dim (
  log_id INTEGER NOT NULL,
  ord INTEGER NOT NULL,
  dimension TEXT NOT NULL,
  hierarchy TEXT,
  level TEXT,
  axis TEXT,
  PRIMARY KEY (log_id, ord)
) STRICT, WITHOUT ROWID;

-- One row per measure used.
CREATE TABLE meas (
  log_id INTEGER NOT NULL,
  ord INTEGER NOT NULL,
  measure TEXT NOT NULL,
  calculated INTEGER NOT NULL,
  via TEXT,
  PRIMARY KEY (log_id, ord)
) STRICT, WITHOUT ROWID;

-- One row per person whose number stood in the answer.
CREATE TABLE seen (
  log_id INTEGER NOT NULL,
  ord INTEGER NOT NULL,
  person TEXT NOT NULL,
  place TEXT NOT NULL,
  PRIMARY KEY (log_id, ord)
) STRICT, WITHOUT ROWID;

CREATE INDEX seen_person ON seen (person);

-- How far each origin's journal is accounted for: written in the transaction of the entries themselves.
-- id_ahead, id_behind: how far ids run from the time they were asked at (entries.ts, "Drift").
CREATE TABLE origin (
  origin TEXT NOT NULL PRIMARY KEY,
  position INTEGER NOT NULL,
  written_at INTEGER NOT NULL,
  id_ahead INTEGER NOT NULL,
  id_behind INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Keys to the REST interface, by the SHA-256 of the key.
CREATE TABLE access_token (
  hash TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The same under the names of KOMLIS Logning (K12).
CREATE VIEW TARGIT_LOG AS
SELECT log_id, strftime('%Y-%m-%d %H:%M:%f', asked_at / 1000.0, 'unixepoch') AS asked_at_utc,
  origin, seq, part, asked_at, duration_ms, module, server, catalog, cube, report, application,
  user_name, organisation, role, user_source, user_confirmed, effective_user, effective_roles, custom_data, ip,
  action, language, query, opaque, opaque_at, outcome, status, fault_code, row_count, cell_count, answer_bytes,
  request_bytes, request_hash, persons_seen, decoded, correlation_id, session_id, purpose
FROM log;

CREATE VIEW TARGIT_LOGCRIT AS
SELECT log_id, ord, dimension, hierarchy, level, operator, value, value_to, person, person_to, origin_clause FROM crit;

CREATE VIEW TARGIT_LOGDIM AS
SELECT log_id, ord, dimension, hierarchy, level, axis FROM dim;

CREATE VIEW TARGIT_LOGMEAS AS
SELECT log_id, ord, measure, calculated, via FROM meas;
