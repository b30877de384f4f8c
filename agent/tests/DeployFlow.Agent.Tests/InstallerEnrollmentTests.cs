using DeployFlow.Agent.Enrollment;
using DeployFlow.Engine.Os;
using DeployFlow.Engine.Os.Linux;
using DeployFlow.Engine.Os.Windows;
using DeployFlow.Engine.Steps;

namespace DeployFlow.Agent.Tests;

public sealed class InstallerEnrollmentTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dfp-").FullName;
    private readonly SilentService _service = new();

    private string Settings => Path.Combine(_folder, "enroll");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_the_package_was_told_is_taken_over_once()
    {
        File.WriteAllText(Path.Combine(_folder, "ca.pem"), "certificates");
        File.WriteAllText(Settings, $"# by hand\nSERVER = https://fleet.example.com\nTOKEN=dfe_a=b\nCA={Path.Combine(_folder, "ca.pem")}\nTAGS=sales, berlin,\n");
        var data = Data();
        InstallerEnrollment.TakeOver(new PackageSettings(Settings), _service, data);
        var left = FirstBootFile.Read(Path.Combine(data.Path, FirstBootFile.Name));
        Assert.Equal(("https://fleet.example.com", false, true, null), (left.Server, left.InsecureHttp, left.ExtraCa, left.DeploymentId));
        Assert.Equal(["sales", "berlin"], left.Tags);
        Assert.Equal("dfe_a=b", File.ReadAllText(Path.Combine(data.Path, FirstBootFile.Token)));
        Assert.Equal("certificates", File.ReadAllText(data.ExtraCa));
        Assert.False(File.Exists(Settings));
        Assert.True(_service.IsKept);
    }

    [Fact]
    public void A_device_stays_what_it_is_and_the_token_goes()
    {
        var data = Data();
        data.Ensure();
        new AgentConfiguration("https://old.example.com", "a-device", "file", DateTimeOffset.UnixEpoch).Save(data);
        File.WriteAllText(Settings, "SERVER=https://new.example.com\nTOKEN=dfe_x\n");
        InstallerEnrollment.TakeOver(new PackageSettings(Settings), _service, data);
        Assert.False(PlantedEnrollment.IsThere(data));
        Assert.False(File.Exists(Settings));
    }

    [Theory]
    [InlineData("")]
    [InlineData("SERVER=https://fleet.example.com\nTOKEN=\n")]
    [InlineData("TOKEN=dfe_x\n")]
    public void Too_little_is_left_where_it_is(string told)
    {
        File.WriteAllText(Settings, told);
        InstallerEnrollment.TakeOver(new PackageSettings(Settings), _service, Data());
        Assert.True(File.Exists(Settings));
        Assert.False(PlantedEnrollment.IsThere(Data()));
    }

    [Fact]
    public void Certificates_that_are_not_there_are_said_and_the_settings_stay()
    {
        File.WriteAllText(Settings, "SERVER=https://fleet.example.com\nTOKEN=dfe_x\nCA=/no/such.pem\n");
        var error = Assert.Throws<SettingsException>(() => InstallerEnrollment.TakeOver(new PackageSettings(Settings), _service, Data()));
        Assert.Contains("CA", error.Message);
        Assert.True(File.Exists(Settings));
    }

    [Fact]
    public void The_package_ships_the_unit_that_service_install_would_write()
    {
        var shipped = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "deployflow-agent.service"));
        Assert.Equal(SystemdService.Unit("/opt/deployflow-agent/deployflow-agent", "/var/lib/deployflow-agent"), shipped.ReplaceLineEndings("\n"));
    }

    private DataDirectory Data() => new(Path.Combine(_folder, "data"), OperatingSystem.IsWindows() ? new WindowsPrivateFiles() : new LinuxPrivateFiles());

    private sealed class SilentService : IServiceRegistration
    {
        public bool IsKept { get; private set; }

        public void Install(string dataDirectory) => throw new NotSupportedException();

        public void Uninstall() => throw new NotSupportedException();

        public void KeepRunning() => IsKept = true;

        public string Status() => "running";
    }
}
