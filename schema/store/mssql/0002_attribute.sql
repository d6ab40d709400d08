-- The attribute that a row is about, by the narrowest name it has: what stands in [level], else in [hierarchy], else in
-- [dimension]. It leads to the entries that are about persons without naming any.
ALTER TABLE [tilsyn].[crit] ADD [attribute] nvarchar(400) COLLATE Latin1_General_100_BIN2 NULL
GO

ALTER TABLE [tilsyn].[dim] ADD [attribute] nvarchar(400) COLLATE Latin1_General_100_BIN2 NULL
GO

UPDATE [tilsyn].[crit] SET [attribute] = COALESCE([level], [hierarchy], [dimension])
GO

UPDATE [tilsyn].[dim] SET [attribute] = COALESCE([level], [hierarchy], [dimension])
GO

-- Entries whose answer showed more persons than are listed: whoever is sought may be among them.
ALTER TABLE [tilsyn].[log] ADD [counted] bit CONSTRAINT [log_counted_default] DEFAULT 0 NOT NULL
GO

UPDATE [tilsyn].[log] SET [counted] = 1
WHERE [persons_seen] > (
  SELECT COUNT(DISTINCT [seen].[person]) FROM [tilsyn].[seen] AS [seen] WHERE [seen].[log_id] = [tilsyn].[log].[log_id]
)
GO

CREATE NONCLUSTERED INDEX [crit_attribute] ON [tilsyn].[crit] ([attribute], [log_id])
GO

CREATE NONCLUSTERED INDEX [dim_attribute] ON [tilsyn].[dim] ([attribute], [log_id])
GO

-- Attributes whose values were persons.
CREATE NONCLUSTERED INDEX [crit_carrier] ON [tilsyn].[crit] ([attribute], [log_id]) WHERE [person] IS NOT NULL
GO

-- Entries that could not be understood.
CREATE NONCLUSTERED INDEX [log_opaque] ON [tilsyn].[log] ([opaque], [log_id]) WHERE [opaque] IS NOT NULL
GO

CREATE NONCLUSTERED INDEX [log_counted] ON [tilsyn].[log] ([counted], [log_id]) WHERE [counted] = 1
GO
