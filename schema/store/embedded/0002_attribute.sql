-- The attribute that a row is about, by the narrowest name it has: what stands in "level", else in "hierarchy", else in
-- "dimension". It leads to the entries that are about persons without naming any.
ALTER TABLE crit ADD COLUMN attribute TEXT;
ALTER TABLE dim ADD COLUMN attribute TEXT;

UPDATE crit SET attribute = coalesce(level, hierarchy, dimension);
UPDATE dim SET attribute = coalesce(level, hierarchy, dimension);

-- Entries whose answer showed more persons than are listed: whoever is sought may be among them.
ALTER TABLE log ADD COLUMN counted INTEGER NOT NULL DEFAULT 0;

UPDATE log SET counted = 1
WHERE persons_seen > (SELECT count(DISTINCT person) FROM seen WHERE seen.log_id = log.log_id);

CREATE INDEX crit_attribute ON crit (attribute);
CREATE INDEX dim_attribute ON dim (attribute);
-- Attributes whose values were persons.
CREATE INDEX crit_carrier ON crit (attribute) WHERE person IS NOT NULL;
-- Entries that could not be understood.
CREATE INDEX log_opaque ON log (opaque) WHERE opaque IS NOT NULL;
CREATE INDEX log_counted ON log (counted) WHERE counted = 1;
