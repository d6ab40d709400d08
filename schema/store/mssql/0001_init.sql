-- The log in SQL Server 2016 or later, schema tilsyn. Batches are parted by lines that hold only GO.
-- Times are UTC. Names are compared exactly, letter by letter (a binary collation): in the usual Danish and Latin
-- collations 'aa' and 'å', or 'æ' and 'ae', are the same name, and a user must never be taken for another.
-- Free text has the database's own collation, for whoever searches it by hand.

-- One row per entry.
CREATE TABLE [tilsyn].[log] (
  [log_id] bigint NOT NULL,
  [origin] nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [seq] bigint NOT NULL,
  [part] int NOT NULL,
  [asked_at] datetime2(3) NOT NULL,
  [duration_ms] bigint NULL,
  [module] nvarchar(400) COLLATE Latin1_General_100_BIN2 NULL,
  [server] nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [catalog] nvarchar(400) COLLATE Latin1_General_100_BIN2 NULL,
  [cube] nvarchar(400) COLLATE Latin1_General_100_BIN2 NULL,
  [report] nvarchar(400) COLLATE Latin1_General_100_BIN2 NULL,
  [application] nvarchar(400) COLLATE Latin1_General_100_BIN2 NULL,
  [user_name] nvarchar(400) COLLATE Latin1_General_100_BIN2 NULL,
  [user_key] nvarchar(400) COLLATE Latin1_General_100_BIN2 NULL,
  [organisation] nvarchar(400) COLLATE Latin1_General_100_BIN2 NULL,
  [role] nvarchar(400) COLLATE Latin1_General_100_BIN2 NULL,
  [user_source] nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [user_confirmed] bit NOT NULL,
  [effective_user] nvarchar(400) COLLATE Latin1_General_100_BIN2 NULL,
  [ip] nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [action] nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [language] nvarchar(400) COLLATE Latin1_General_100_BIN2 NULL,
  [opaque] nvarchar(400) COLLATE Latin1_General_100_BIN2 NULL,
  [opaque_at] nvarchar(400) COLLATE Latin1_General_100_BIN2 NULL,
  [outcome] nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [status] int NULL,
  [fault_code] nvarchar(400) COLLATE Latin1_General_100_BIN2 NULL,
  [row_count] bigint NULL,
  [cell_count] bigint NULL,
  [answer_bytes] bigint NULL,
  [request_bytes] bigint NOT NULL,
  [request_hash] varchar(64) COLLATE Latin1_General_100_BIN2 NULL,
  [persons_seen] bigint NULL,
  [decoded] bit NOT NULL,
  [correlation_id] nvarchar(400) COLLATE Latin1_General_100_BIN2 NULL,
  [session_id] nvarchar(400) COLLATE Latin1_General_100_BIN2 NULL,
  [purpose] nvarchar(max) NULL,
  [effective_roles] nvarchar(max) NULL,
  [custom_data] nvarchar(max) NULL,
  [query] nvarchar(max) NOT NULL,
  CONSTRAINT [log_key] PRIMARY KEY CLUSTERED ([log_id])
)
GO

-- What an entry is, whatever its id: which proxy, its number there, and which statement of the exchange.
CREATE UNIQUE NONCLUSTERED INDEX [log_identity] ON [tilsyn].[log] ([origin], [seq], [part])
GO

CREATE NONCLUSTERED INDEX [log_user] ON [tilsyn].[log] ([user_key], [log_id])
GO

CREATE NONCLUSTERED INDEX [log_module] ON [tilsyn].[log] ([module], [log_id])
GO

CREATE NONCLUSTERED INDEX [log_asked] ON [tilsyn].[log] ([asked_at])
GO

-- One row per criterion.
CREATE TABLE [tilsyn].[crit] (
  [log_id] bigint NOT NULL,
  [ord] int NOT NULL,
  [dimension] nvarchar(400) COLLATE Latin1_General_100_BIN2 NULL,
  [hierarchy] nvarchar(400) COLLATE Latin1_General_100_BIN2 NULL,
  [level] nvarchar(400) COLLATE Latin1_General_100_BIN2 NULL,
  [operator] nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [value] nvarchar(max) NOT NULL,
  [value_to] nvarchar(max) NULL,
  [person] varchar(10) COLLATE Latin1_General_100_BIN2 NULL,
  [person_to] varchar(10) COLLATE Latin1_General_100_BIN2 NULL,
  [origin_clause] nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
  CONSTRAINT [crit_key] PRIMARY KEY CLUSTERED ([log_id], [ord])
)
GO

CREATE NONCLUSTERED INDEX [crit_person] ON [tilsyn].[crit] ([person], [log_id]) WHERE [person] IS NOT NULL
GO

CREATE NONCLUSTERED INDEX [crit_person_to] ON [tilsyn].[crit] ([person_to], [log_id]) WHERE [person_to] IS NOT NULL
GO

-- One row per dimension used.
CREATE TABLE [tilsyn].[dim] (
  [log_id] bigint NOT NULL,
  [ord] int NOT NULL,
  [dimension] nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [hierarchy] nvarchar(400) COLLATE Latin1_General_100_BIN2 NULL,
  [level] nvarchar(400) COLLATE Latin1_General_100_BIN2 NULL,
  [axis] nvarchar(400) COLLATE Latin1_General_100_BIN2 NULL,
  CONSTRAINT [dim_key] PRIMARY KEY CLUSTERED ([log_id], [ord])
)
GO

-- One row per measure used.
CREATE TABLE [tilsyn].[meas] (
  [log_id] bigint NOT NULL,
  [ord] int NOT NULL,
  [measure] nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [calculated] bit NOT NULL,
  [via] nvarchar(400) COLLATE Latin1_General_100_BIN2 NULL,
  CONSTRAINT [meas_key] PRIMARY KEY CLUSTERED ([log_id], [ord])
)
GO

-- One row per person whose number stood in the answer.
CREATE TABLE [tilsyn].[seen] (
  [log_id] bigint NOT NULL,
  [ord] int NOT NULL,
  [person] varchar(10) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [place] nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
  CONSTRAINT [seen_key] PRIMARY KEY CLUSTERED ([log_id], [ord])
)
GO

CREATE NONCLUSTERED INDEX [seen_person] ON [tilsyn].[seen] ([person], [log_id])
GO

-- How far each origin's journal is accounted for: written in the transaction of the entries themselves.
-- id_ahead, id_behind: how far ids run from the time they were asked at (entries.ts, "Drift").
CREATE TABLE [tilsyn].[origin] (
  [origin] nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [position] bigint NOT NULL,
  [written_at] datetime2(3) NOT NULL,
  [id_ahead] bigint NOT NULL,
  [id_behind] bigint NOT NULL,
  CONSTRAINT [origin_key] PRIMARY KEY CLUSTERED ([origin])
)
GO

-- Keys to the REST interface, by the SHA-256 of the key.
CREATE TABLE [tilsyn].[access_token] (
  [hash] varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [name] nvarchar(400) NOT NULL,
  [role] nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [created_at] datetime2(3) NOT NULL,
  [expires_at] datetime2(3) NOT NULL,
  CONSTRAINT [access_token_key] PRIMARY KEY CLUSTERED ([hash])
)
GO

-- The same under the names of KOMLIS Logning (K12).
CREATE VIEW [tilsyn].[TARGIT_LOG] AS
SELECT [log_id], [origin], [seq], [part], [asked_at], [duration_ms], [module], [server], [catalog], [cube], [report],
  [application], [user_name], [organisation], [role], [user_source], [user_confirmed], [effective_user],
  [effective_roles], [custom_data], [ip], [action], [language], [query], [opaque], [opaque_at], [outcome], [status],
  [fault_code], [row_count], [cell_count], [answer_bytes], [request_bytes], [request_hash], [persons_seen], [decoded],
  [correlation_id], [session_id], [purpose]
FROM [tilsyn].[log]
GO

CREATE VIEW [tilsyn].[TARGIT_LOGCRIT] AS
SELECT [log_id], [ord], [dimension], [hierarchy], [level], [operator], [value], [value_to], [person], [person_to],
  [origin_clause]
FROM [tilsyn].[crit]
GO

CREATE VIEW [tilsyn].[TARGIT_LOGDIM] AS
SELECT [log_id], [ord], [dimension], [hierarchy], [level], [axis]
FROM [tilsyn].[dim]
GO

CREATE VIEW [tilsyn].[TARGIT_LOGMEAS] AS
SELECT [log_id], [ord], [measure], [calculated], [via]
FROM [tilsyn].[meas]
GO
