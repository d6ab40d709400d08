-- One row per setting of Tilsyn itself that was changed: the change log. Its entry in [log] (action "configure") says who and
-- when. [setting]: a JSON Pointer into the configuration; [kind]: insert, change or delete; values as JSON, without secrets.
CREATE TABLE [tilsyn].[change] (
  [log_id] bigint NOT NULL,
  [ord] int NOT NULL,
  [setting] nvarchar(max) NOT NULL,
  [kind] nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [old_value] nvarchar(max) NULL,
  [new_value] nvarchar(max) NULL,
  CONSTRAINT [change_key] PRIMARY KEY CLUSTERED ([log_id], [ord])
)
GO
