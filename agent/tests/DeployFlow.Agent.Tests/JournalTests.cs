using DeployFlow.Agent.Actions;
using DeployFlow.Agent.Tests.Fakes;
using DeployFlow.Engine.Os;

namespace DeployFlow.Agent.Tests;

public sealed class JournalTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dfj-").FullName;
    private readonly JournalDatabase _database;
    private readonly Journal _journal;

    public JournalTests()
    {
        _database = new JournalDatabase(Path.Combine(_folder, "journal.db"));
        _journal = new Journal(_database, TimeProvider.System);
    }

    public void Dispose()
    {
        _database.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void After_a_reboot_a_process_id_is_anybodys()
    {
        _journal.ForgetTracesOfEarlierBoot("monday");
        var order = Orders.Script("exit 0");
        _journal.Begin(order);
        _journal.Trace(new ProcessTrace(order.ActionId, 4711, 99));
        _journal.ForgetTracesOfEarlierBoot("monday");
        Assert.Equal(4711, Assert.Single(_journal.Unfinished()).Trace.Pid);
        _journal.ForgetTracesOfEarlierBoot("tuesday");
        Assert.Equal((0, 0L), (_journal.Unfinished()[0].Trace.Pid, _journal.Unfinished()[0].Trace.Stamp));
    }
}
