using System.Globalization;
using Microsoft.Data.Sqlite;

namespace DeployFlow.Agent.Actions;

/// <summary>The journal's file: one connection, one writer at a time, every durable commit synced.</summary>
public sealed class JournalDatabase : IDisposable
{
    private const string Schema = """
        CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS action (
            action_id TEXT PRIMARY KEY, fence INTEGER NOT NULL, kind TEXT NOT NULL, payload_hash TEXT NOT NULL,
            begun_at TEXT NOT NULL, pid INTEGER NOT NULL DEFAULT 0, pid_stamp INTEGER NOT NULL DEFAULT 0,
            log_chunks INTEGER NOT NULL DEFAULT 0, result TEXT, ended_at TEXT) STRICT, WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS outbox (
            id INTEGER PRIMARY KEY AUTOINCREMENT, action_id TEXT NOT NULL, kind TEXT NOT NULL,
            body TEXT NOT NULL, size INTEGER NOT NULL) STRICT;
        CREATE INDEX IF NOT EXISTS outbox_action ON outbox (action_id);
        CREATE TABLE IF NOT EXISTS ongoing (
            action_id TEXT PRIMARY KEY, action TEXT NOT NULL, state TEXT NOT NULL, deaths INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS deployment (
            action_id TEXT PRIMARY KEY, action TEXT NOT NULL, position INTEGER NOT NULL, attempt INTEGER NOT NULL,
            variables TEXT NOT NULL, restart_from TEXT, error TEXT, next_seq INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS deployment_report (
            action_id TEXT NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (action_id, seq)) STRICT, WITHOUT ROWID;
        """;

    private readonly Lock _gate = new();
    private readonly SqliteConnection _connection;

    /// <summary>Compiling a statement takes longer than running it; there are a few dozen in all.</summary>
    private readonly Dictionary<string, SqliteCommand> _prepared = new(StringComparer.Ordinal);

    private bool _synced = true;

    public JournalDatabase(string path)
    {
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        _connection.Open();
        // FULL, not NORMAL: an intent that a power cut takes back would let an action run twice.
        // secure_delete: a deployment's order may hold secrets, and is kept only while it runs.
        Once("PRAGMA secure_delete=ON; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000; PRAGMA cache_size=-256; PRAGMA temp_store=MEMORY; PRAGMA wal_autocheckpoint=250;");
        Once(Schema);
    }

    /// <summary>Runs <paramref name="work"/> in one transaction.</summary>
    /// <param name="durable">Synced to disk before it returns; else it survives the agent's death, but not a power cut.</param>
    public T InTransaction<T>(bool durable, Func<T> work)
    {
        lock (_gate)
        {
            if (_synced != durable)
            {
                Run(durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
                _synced = durable;
            }

            // Not the library's object for it, which compiles its statements anew each time.
            Run("BEGIN IMMEDIATE");
            try
            {
                var result = work();
                Run("COMMIT");
                return result;
            }
            catch
            {
                RollBack();
                throw;
            }
        }
    }

    public void InTransaction(bool durable, Action work) => InTransaction(durable, () =>
    {
        work();
        return true;
    });

    /// <summary>Use inside <see cref="InTransaction{T}"/>; parameters are ?1, ?2 and so on.</summary>
    public int Run(string sql, params ReadOnlySpan<object?> parameters)
    {
        return Command(sql, parameters).ExecuteNonQuery();
    }

    /// <inheritdoc cref="Run"/>
    public List<T> Query<T>(string sql, Func<SqliteDataReader, T> row, params ReadOnlySpan<object?> parameters)
    {
        using var reader = Command(sql, parameters).ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
            rows.Add(row(reader));
        return rows;
    }

    /// <inheritdoc cref="Run"/>
    public long Number(string sql, params ReadOnlySpan<object?> parameters)
    {
        return Convert.ToInt64(Command(sql, parameters).ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    public string? Meta(string name) => InTransaction(durable: true, () =>
        Query("SELECT value FROM meta WHERE name = ?1", row => row.GetString(0), name).FirstOrDefault());

    public void SetMeta(string name, string value) => InTransaction(durable: true, () =>
        Run("INSERT INTO meta VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value));

    /// <summary>What was deleted stands in the log of changes too, until that is taken into the file and cut.</summary>
    public void ForgetFormer()
    {
        lock (_gate)
            Run("PRAGMA wal_checkpoint(TRUNCATE)");
    }

    public void Dispose()
    {
        foreach (var command in _prepared.Values)
            command.Dispose();
        _connection.Dispose();
    }

    private void RollBack()
    {
        try
        {
            Run("ROLLBACK");
        }
        catch (SqliteException)
        {
            // SQLite has done so itself, as it does where the disk is full.
        }
    }

    private void Once(string sql)
    {
        using var command = New(sql);
        command.ExecuteNonQuery();
    }

    private SqliteCommand Command(string sql, ReadOnlySpan<object?> parameters)
    {
        if (!_prepared.TryGetValue(sql, out var command))
            _prepared[sql] = command = New(sql);
        command.Parameters.Clear();
        for (var index = 0; index < parameters.Length; index++)
            command.Parameters.AddWithValue($"?{index + 1}", parameters[index] ?? DBNull.Value);
        return command;
    }

    private SqliteCommand New(string sql)
    {
        var command = _connection.CreateCommand();
#pragma warning disable CA2100 // The texts are constants of this folder.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command;
    }
}
