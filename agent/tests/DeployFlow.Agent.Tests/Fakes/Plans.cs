using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using DeployFlow.Contracts.Boot;

namespace DeployFlow.Agent.Tests.Fakes;

/// <summary>Plans and tasks with good defaults.</summary>
internal static class Plans
{
    public static DeploymentPlan Of(params PlanTask[] tasks) => new(
        1, Guid.NewGuid().ToString(), "", default, default, Guid.NewGuid().ToString(), "BER-0042", new PlanProfile(Guid.NewGuid().ToString(), "Büro-PC", 3),
        new PlanServer("http://127.0.0.1:8480", null), 0,
        new DiskIds(Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid()),
        new Dictionary<string, string> { ["site"] = "BER" }, [.. tasks.Select((task, position) => task with { Position = position })]);

    public static PlanTask Task<T>(string type, T configuration, JsonTypeInfo<T> info, string phase = DeploymentPhase.Boot, int timeoutS = 300) => new(
        0, Guid.NewGuid().ToString(), type, $"Do {type}", phase, null, timeoutS, 0, false, JsonSerializer.SerializeToElement(configuration, info));

    public static PlanTask DiskPrep(string preset = "uefi_recovery", double minGb = 1, params PartitionOrder[] partitions) => Task(
        TaskType.DiskPrep,
        new DiskPrepConfiguration(preset, new DiskSelection("first", null, minGb), partitions.Length > 0 ? partitions :
        [
            new PartitionOrder("esp", 100), new PartitionOrder("msr", 16), new PartitionOrder("windows", null, "Windows"), new PartitionOrder("recovery", 64),
        ]),
        BootJson.Default.DiskPrepConfiguration);

    public static PlanTask Apply(PlanContent content, bool pipable = true, int index = 1) => Task(
        TaskType.ApplyImage, new ApplyImageConfiguration(content, index, pipable, "Windows 11 Pro"), BootJson.Default.ApplyImageConfiguration);

    public static PlanTask Script(string body, string where = "boot", string language = "sh", params string[] secrets) => Task(
        TaskType.Script,
        new ScriptConfiguration(
            where, language, body, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body))), new Dictionary<string, string> { ["Tag"] = "A-17" },
            // And what a shell makes of 3010.
            secrets, [0], [3010, 3010 & 0xFF]),
        BootJson.Default.ScriptConfiguration,
        where == "os" ? DeploymentPhase.Os : DeploymentPhase.Boot);
}
