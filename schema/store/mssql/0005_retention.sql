-- One row per act of deletion. It says how far the act has come, so that it can be gone on with; what an auditor reads of it
-- are entries of [log] (action "delete"). [what]: 'log' or 'changes'; [before_ms]: what was asked before this is deleted (UTC
-- milliseconds since 1970); [reached]: the last log_id that was looked at; [holder], [held_until]: the process that is at it.
-- Written with every piece.
CREATE TABLE [tilsyn].[deletion] (
  [run] bigint NOT NULL,
  [what] nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [before_ms] bigint NOT NULL,
  [reached] bigint NOT NULL,
  [entries] bigint NOT NULL,
  [row_total] bigint NOT NULL,
  [holder] nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [held_until] bigint NOT NULL,
  [finished_at] bigint NULL,
  CONSTRAINT [deletion_key] PRIMARY KEY CLUSTERED ([run])
)
GO

-- Numbers of journals whose entries were deleted: whoever looks for missing ones knows that these are not.
CREATE TABLE [tilsyn].[deleted] (
  [origin] nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [first_seq] bigint NOT NULL,
  [last_seq] bigint NOT NULL,
  CONSTRAINT [deleted_key] PRIMARY KEY CLUSTERED ([origin], [first_seq])
)
GO
