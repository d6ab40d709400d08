-- One row per act of deletion. It says how far the act has come, so that it can be gone on with; what an auditor reads of it
-- are entries of "log" (action "delete"). what: 'log' or 'changes'; before_ms: what was asked before this is deleted; reached:
-- the last log_id that was looked at; holder, held_until: the process that is at it. Written with every piece.
CREATE TABLE deletion (
  run INTEGER PRIMARY KEY,
  what TEXT NOT NULL,
  before_ms INTEGER NOT NULL,
  reached INTEGER NOT NULL,
  entries INTEGER NOT NULL,
  row_total INTEGER NOT NULL,
  holder TEXT NOT NULL,
  held_until INTEGER NOT NULL,
  finished_at INTEGER
) STRICT;

-- Numbers of journals whose entries were deleted: whoever looks for missing ones knows that these are not.
CREATE TABLE deleted (
  origin TEXT NOT NULL,
  first_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  PRIMARY KEY (origin, first_seq)
) STRICT, WITHOUT ROWID;
