-- Every filter of the log leads somewhere: to an index, or to the newest entries, among which it is common.
CREATE INDEX log_cube ON log (cube) WHERE cube IS NOT NULL;
CREATE INDEX log_action ON log (action);
CREATE INDEX log_outcome ON log (outcome) WHERE outcome <> 'answered';

-- Entries that stand for other numbers than their own (schema/record/numbers.ts).
ALTER TABLE log ADD COLUMN tells INTEGER NOT NULL DEFAULT 0;

UPDATE log SET tells = 1
WHERE action = 'gap' OR (action = 'metadata' AND query LIKE '%left out, as the configuration says%');

CREATE INDEX log_tells ON log (origin, seq) WHERE tells = 1;

-- Sums by the hour (UTC), written with the entries they count; they make statistics. hour: where it begins. A module or
-- server that is not known is ''. within_20: entries that took more than 10 and at most 20 ms; beyond: more than a minute.
-- named, dimensions: how much hour_user and hour_dimension count, unless that was deleted with its entries.
CREATE TABLE hour_use (
  origin TEXT NOT NULL,
  hour INTEGER NOT NULL,
  module TEXT NOT NULL,
  server TEXT NOT NULL,
  action TEXT NOT NULL,
  outcome TEXT NOT NULL,
  entries INTEGER NOT NULL,
  named INTEGER NOT NULL,
  dimensions INTEGER NOT NULL,
  timed INTEGER NOT NULL,
  duration_ms INTEGER NOT NULL,
  within_10 INTEGER NOT NULL,
  within_20 INTEGER NOT NULL,
  within_50 INTEGER NOT NULL,
  within_100 INTEGER NOT NULL,
  within_200 INTEGER NOT NULL,
  within_500 INTEGER NOT NULL,
  within_1000 INTEGER NOT NULL,
  within_2000 INTEGER NOT NULL,
  within_5000 INTEGER NOT NULL,
  within_10000 INTEGER NOT NULL,
  within_30000 INTEGER NOT NULL,
  within_60000 INTEGER NOT NULL,
  beyond INTEGER NOT NULL,
  PRIMARY KEY (origin, hour, module, server, action, outcome)
) STRICT, WITHOUT ROWID;

-- Who used which module in that hour.
CREATE TABLE hour_user (
  origin TEXT NOT NULL,
  hour INTEGER NOT NULL,
  user_key TEXT NOT NULL,
  module TEXT NOT NULL,
  entries INTEGER NOT NULL,
  PRIMARY KEY (origin, hour, user_key, module)
) STRICT, WITHOUT ROWID;

-- Entries that used each dimension.
CREATE TABLE hour_dimension (
  origin TEXT NOT NULL,
  hour INTEGER NOT NULL,
  dimension TEXT NOT NULL,
  entries INTEGER NOT NULL,
  PRIMARY KEY (origin, hour, dimension)
) STRICT, WITHOUT ROWID;

INSERT INTO hour_use
SELECT origin, asked_at - ((asked_at % 3600000) + 3600000) % 3600000 AS hour, rtrim(coalesce(module, ''), ' '), rtrim(server, ' '), action, outcome,
  count(*), count(user_key),
  coalesce(sum((SELECT count(DISTINCT rtrim(dimension, ' ')) FROM dim WHERE dim.log_id = log.log_id)), 0),
  count(duration_ms), coalesce(sum(duration_ms), 0),
  count(*) FILTER (WHERE duration_ms <= 10),
  count(*) FILTER (WHERE duration_ms <= 20 AND duration_ms > 10),
  count(*) FILTER (WHERE duration_ms <= 50 AND duration_ms > 20),
  count(*) FILTER (WHERE duration_ms <= 100 AND duration_ms > 50),
  count(*) FILTER (WHERE duration_ms <= 200 AND duration_ms > 100),
  count(*) FILTER (WHERE duration_ms <= 500 AND duration_ms > 200),
  count(*) FILTER (WHERE duration_ms <= 1000 AND duration_ms > 500),
  count(*) FILTER (WHERE duration_ms <= 2000 AND duration_ms > 1000),
  count(*) FILTER (WHERE duration_ms <= 5000 AND duration_ms > 2000),
  count(*) FILTER (WHERE duration_ms <= 10000 AND duration_ms > 5000),
  count(*) FILTER (WHERE duration_ms <= 30000 AND duration_ms > 10000),
  count(*) FILTER (WHERE duration_ms <= 60000 AND duration_ms > 30000),
  count(*) FILTER (WHERE duration_ms > 60000)
FROM log
GROUP BY 1, 2, 3, 4, 5, 6;

INSERT INTO hour_user
SELECT origin, asked_at - ((asked_at % 3600000) + 3600000) % 3600000 AS hour, rtrim(user_key, ' '), rtrim(coalesce(module, ''), ' '), count(*)
FROM log
WHERE user_key IS NOT NULL
GROUP BY 1, 2, 3, 4;

INSERT INTO hour_dimension
SELECT origin, asked_at - ((asked_at % 3600000) + 3600000) % 3600000 AS hour, dimension, count(*)
FROM (SELECT DISTINCT log_id, rtrim(dimension, ' ') AS dimension FROM dim) JOIN log USING (log_id)
GROUP BY 1, 2, 3;
