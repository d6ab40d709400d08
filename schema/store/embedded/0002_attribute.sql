-- The attribute that a row is about, by the narrowest name it has: what stands in "level", else in "hierarchy", else in
-- "dimension". It leads to the entries that are about persons without naming any.
ALTER TABLE crit ADD COLUMN attribute TEXT;
ALTER TABLE dim ADD COLUMN attribute TEXT;

UPDATE crit SET attribute = coalesce(level, hierarchy, dimension);
UPDATE dim SET attribute = coalesce(level, hierarchy, dimension);

CREATE INDEX crit_attribute ON crit (attribute);
CREATE INDEX dim_attribute ON dim (attribute);
-- Attributes whose values were persons.
CREATE INDEX crit_carrier ON crit (attribute) WHERE person IS NOT NULL;
-- Entries that could not be understood.
CREATE INDEX log_opaque ON log (opaque) WHERE opaque IS NOT NULL;
