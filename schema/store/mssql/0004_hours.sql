-- Every filter of the log leads somewhere: to an index, or to the newest entries, among which it is common.
CREATE NONCLUSTERED INDEX [log_cube] ON [tilsyn].[log] ([cube], [log_id])
GO

CREATE NONCLUSTERED INDEX [log_action] ON [tilsyn].[log] ([action], [log_id])
GO

CREATE NONCLUSTERED INDEX [log_outcome] ON [tilsyn].[log] ([outcome], [log_id]) WHERE [outcome] <> 'answered'
GO

-- Entries that stand for other numbers than their own (schema/record/numbers.ts).
ALTER TABLE [tilsyn].[log] ADD [tells] bit CONSTRAINT [log_tells_default] DEFAULT 0 NOT NULL
GO

UPDATE [tilsyn].[log] SET [tells] = 1
WHERE [action] = 'gap' OR ([action] = 'metadata' AND [query] LIKE '%left out, as the configuration says%')
GO

CREATE NONCLUSTERED INDEX [log_tells] ON [tilsyn].[log] ([origin], [seq]) WHERE [tells] = 1
GO

-- Sums by the hour (UTC), written with the entries they count; they make statistics. [hour]: where it begins. A module or
-- server that is not known is ''. [within_20]: entries that took more than 10 and at most 20 ms; [beyond]: more than a
-- minute. [named], [dimensions]: how much hour_user and hour_dimension count, unless that was deleted with its entries.
-- No unique key: four names can be longer than a key may be. The row of the origin is locked by whoever adds.
CREATE TABLE [tilsyn].[hour_use] (
  [origin] nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [hour] datetime2(3) NOT NULL,
  [module] nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [server] nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [action] nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [outcome] nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [entries] bigint NOT NULL,
  [named] bigint NOT NULL,
  [dimensions] bigint NOT NULL,
  [timed] bigint NOT NULL,
  [duration_ms] bigint NOT NULL,
  [within_10] bigint NOT NULL,
  [within_20] bigint NOT NULL,
  [within_50] bigint NOT NULL,
  [within_100] bigint NOT NULL,
  [within_200] bigint NOT NULL,
  [within_500] bigint NOT NULL,
  [within_1000] bigint NOT NULL,
  [within_2000] bigint NOT NULL,
  [within_5000] bigint NOT NULL,
  [within_10000] bigint NOT NULL,
  [within_30000] bigint NOT NULL,
  [within_60000] bigint NOT NULL,
  [beyond] bigint NOT NULL
)
GO

CREATE CLUSTERED INDEX [hour_use_key] ON [tilsyn].[hour_use] ([origin], [hour])
GO

-- Who used which module in that hour.
CREATE TABLE [tilsyn].[hour_user] (
  [origin] nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [hour] datetime2(3) NOT NULL,
  [user_key] nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [module] nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [entries] bigint NOT NULL
)
GO

CREATE CLUSTERED INDEX [hour_user_key] ON [tilsyn].[hour_user] ([origin], [hour])
GO

-- Entries that used each dimension.
CREATE TABLE [tilsyn].[hour_dimension] (
  [origin] nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [hour] datetime2(3) NOT NULL,
  [dimension] nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [entries] bigint NOT NULL
)
GO

CREATE CLUSTERED INDEX [hour_dimension_key] ON [tilsyn].[hour_dimension] ([origin], [hour])
GO

-- The sums of one batch, between being loaded and being added to those above: empty when no batch is under way. [table]: to
-- which of the three they go.
CREATE TABLE [tilsyn].[hour_new] (
  [origin] nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [table] nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [hour] datetime2(3) NOT NULL,
  [module] nvarchar(400) COLLATE Latin1_General_100_BIN2 NULL,
  [server] nvarchar(400) COLLATE Latin1_General_100_BIN2 NULL,
  [action] nvarchar(400) COLLATE Latin1_General_100_BIN2 NULL,
  [outcome] nvarchar(400) COLLATE Latin1_General_100_BIN2 NULL,
  [user_key] nvarchar(400) COLLATE Latin1_General_100_BIN2 NULL,
  [dimension] nvarchar(400) COLLATE Latin1_General_100_BIN2 NULL,
  [entries] bigint NOT NULL,
  [named] bigint NULL,
  [dimensions] bigint NULL,
  [timed] bigint NULL,
  [duration_ms] bigint NULL,
  [within_10] bigint NULL,
  [within_20] bigint NULL,
  [within_50] bigint NULL,
  [within_100] bigint NULL,
  [within_200] bigint NULL,
  [within_500] bigint NULL,
  [within_1000] bigint NULL,
  [within_2000] bigint NULL,
  [within_5000] bigint NULL,
  [within_10000] bigint NULL,
  [within_30000] bigint NULL,
  [within_60000] bigint NULL,
  [beyond] bigint NULL
)
GO

CREATE CLUSTERED INDEX [hour_new_key] ON [tilsyn].[hour_new] ([origin], [table], [hour])
GO

INSERT INTO [tilsyn].[hour_use]
SELECT [origin], [hour], [module], [server], [action], [outcome], COUNT(*), COUNT([user_key]), SUM([used]),
  COUNT([duration_ms]), COALESCE(SUM([duration_ms]), 0),
  SUM(CASE WHEN [duration_ms] <= 10 THEN 1 ELSE 0 END),
  SUM(CASE WHEN [duration_ms] <= 20 AND [duration_ms] > 10 THEN 1 ELSE 0 END),
  SUM(CASE WHEN [duration_ms] <= 50 AND [duration_ms] > 20 THEN 1 ELSE 0 END),
  SUM(CASE WHEN [duration_ms] <= 100 AND [duration_ms] > 50 THEN 1 ELSE 0 END),
  SUM(CASE WHEN [duration_ms] <= 200 AND [duration_ms] > 100 THEN 1 ELSE 0 END),
  SUM(CASE WHEN [duration_ms] <= 500 AND [duration_ms] > 200 THEN 1 ELSE 0 END),
  SUM(CASE WHEN [duration_ms] <= 1000 AND [duration_ms] > 500 THEN 1 ELSE 0 END),
  SUM(CASE WHEN [duration_ms] <= 2000 AND [duration_ms] > 1000 THEN 1 ELSE 0 END),
  SUM(CASE WHEN [duration_ms] <= 5000 AND [duration_ms] > 2000 THEN 1 ELSE 0 END),
  SUM(CASE WHEN [duration_ms] <= 10000 AND [duration_ms] > 5000 THEN 1 ELSE 0 END),
  SUM(CASE WHEN [duration_ms] <= 30000 AND [duration_ms] > 10000 THEN 1 ELSE 0 END),
  SUM(CASE WHEN [duration_ms] <= 60000 AND [duration_ms] > 30000 THEN 1 ELSE 0 END),
  SUM(CASE WHEN [duration_ms] > 60000 THEN 1 ELSE 0 END)
FROM (
  SELECT [origin], CONVERT(datetime2(3), DATEADD(hour, DATEDIFF(hour, '19000101', [asked_at]), '19000101')) AS [hour],
    RTRIM(COALESCE([module], '')) AS [module], RTRIM([server]) AS [server], [action], [outcome], [user_key], [duration_ms],
    COALESCE([used].[used], 0) AS [used]
  FROM [tilsyn].[log] AS [log] LEFT JOIN (
    SELECT [log_id], COUNT(DISTINCT RTRIM([dimension])) AS [used] FROM [tilsyn].[dim] GROUP BY [log_id]
  ) AS [used] ON [used].[log_id] = [log].[log_id]
) AS [entry]
GROUP BY [origin], [hour], [module], [server], [action], [outcome]
GO

INSERT INTO [tilsyn].[hour_user]
SELECT [origin], [hour], [user_key], [module], COUNT(*)
FROM (
  SELECT [origin], CONVERT(datetime2(3), DATEADD(hour, DATEDIFF(hour, '19000101', [asked_at]), '19000101')) AS [hour],
    RTRIM([user_key]) AS [user_key], RTRIM(COALESCE([module], '')) AS [module]
  FROM [tilsyn].[log] WHERE [user_key] IS NOT NULL
) AS [entry]
GROUP BY [origin], [hour], [user_key], [module]
GO

INSERT INTO [tilsyn].[hour_dimension]
SELECT [origin], [hour], [dimension], COUNT(*)
FROM (
  SELECT DISTINCT [log].[log_id], [origin], CONVERT(datetime2(3), DATEADD(hour, DATEDIFF(hour, '19000101', [asked_at]), '19000101')) AS [hour],
    RTRIM([dimension]) AS [dimension]
  FROM [tilsyn].[dim] AS [dim] INNER JOIN [tilsyn].[log] AS [log] ON [log].[log_id] = [dim].[log_id]
) AS [entry]
GROUP BY [origin], [hour], [dimension]
GO
