using System.Text.Json;
using System.Xml.Linq;
using DeployFlow.Agent.Tests.Fakes;
using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Os.Offline;

namespace DeployFlow.Agent.Tests.Boot;

public sealed class UnattendTests
{
    private static readonly Dictionary<string, string> Secrets = new() { ["admin_password"] = "p<&>\" ä", ["account:technik"] = "t", ["domain_join"] = "QUJD\r\n" };

    [Theory]
    [InlineData("unattend-full.xml")]
    [InlineData("unattend-domain.xml")]
    [InlineData("unattend-bare.xml")]
    public void The_answer_file_is_the_golden_one(string name)
    {
        var written = UnattendFile.Write(Model(name), Secrets);
        Assert.Equal(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Boot", name)).ReplaceLineEndings("\r\n"), written);
        Assert.NotNull(XDocument.Parse(written));
    }

    [Theory]
    [InlineData("unattend-full.xml")]
    [InlineData("unattend-domain.xml")]
    [InlineData("unattend-bare.xml")]
    public void No_element_is_empty_and_no_password_is_readable(string name)
    {
        var written = XDocument.Parse(UnattendFile.Write(Model(name), Secrets));
        Assert.DoesNotContain(written.Descendants(), element => element.IsEmpty || (!element.HasElements && element.Value.Length == 0));
        Assert.DoesNotContain("p<&>", written.ToString());
    }

    [Fact]
    public void What_an_answer_file_cannot_hold_is_refused()
    {
        Assert.Throws<FormatException>(() => UnattendFile.Write(new UnattendModel(ComputerName: "A\nB"), Secrets));
        Assert.Throws<FormatException>(() => UnattendFile.Write(new UnattendModel(Administrator: new SecretReference("other")), Secrets));
    }

    private static UnattendModel Model(string name) => name switch
    {
        "unattend-full.xml" => JsonSerializer.Deserialize(Examples.Text("boot-plan"), BootJson.Default.DeploymentPlan)!
            .Tasks.First(task => task.Type == TaskType.InjectConfiguration).Configuration.Deserialize(BootJson.Default.InjectConfigurationConfiguration)!.Unattend!,
        "unattend-domain.xml" => new UnattendModel(
            Locale: "en-GB", Keyboard: "0809:00000809", TimeZone: "GMT Standard Time", ComputerName: "LON-7", Owner: "R&D", ProductKey: "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE",
            Administrator: new SecretReference("admin_password"), DomainJoin: new SecretReference("domain_join"), SkipOobe: true),
        _ => new UnattendModel(ComputerName: "PC-1", Workgroup: "WERKSTATT"),
    };
}
