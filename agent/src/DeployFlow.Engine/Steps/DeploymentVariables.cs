using System.Globalization;
using System.Text;
using DeployFlow.Contracts.Boot;

namespace DeployFlow.Engine.Steps;

/// <summary>Named texts: the plan's, the machine's own, and what steps set. Case does not count in names.</summary>
public sealed class DeploymentVariables
{
    private const double Gibibyte = 1L << 30;

    private readonly Dictionary<string, string> _values = new(StringComparer.OrdinalIgnoreCase);

    public DeploymentVariables(params IReadOnlyDictionary<string, string>[] sources)
    {
        foreach (var (name, value) in sources.SelectMany(source => source))
            _values[name] = value;
    }

    public IReadOnlyDictionary<string, string> All => _values;

    public string? this[string name] => _values.GetValueOrDefault(name);

    public void Set(IReadOnlyDictionary<string, string> values)
    {
        foreach (var (name, value) in values)
            _values[name] = value;
    }

    /// <summary>Puts values in the place of <c>{name}</c>; what is not known stays as it is.</summary>
    public string Expand(string text)
    {
        var result = new StringBuilder();
        for (var at = 0; at < text.Length;)
        {
            var open = text.IndexOf('{', at);
            var close = open < 0 ? -1 : text.IndexOf('}', open);
            if (close < 0)
                return result.Append(text, at, text.Length - at).ToString();
            result.Append(text, at, open - at);
            result.Append(_values.GetValueOrDefault(text[(open + 1)..close]) ?? text[open..(close + 1)]);
            at = close + 1;
        }

        return result.ToString();
    }

    /// <summary>What a machine knows of itself.</summary>
    public static IReadOnlyDictionary<string, string> OfMachine(BootFacts facts, string environment)
    {
        var values = new Dictionary<string, string>
        {
            ["firmware"] = facts.Firmware,
            ["environment"] = environment,
            ["memory_gb"] = Whole(facts.MemoryBytes),
        };
        void Add(string name, string? value)
        {
            if (value is not null)
                values[name] = value;
        }

        Add("manufacturer", facts.Manufacturer);
        Add("model", facts.Model);
        Add("sku", facts.Sku);
        Add("serial", facts.Serial);
        Add("secure_boot", facts.SecureBoot switch { true => "true", false => "false", _ => null });
        if (facts.Disks.Where(disk => !disk.Removable).Select(disk => disk.SizeBytes).DefaultIfEmpty().Max() is > 0 and var largest)
            Add("disk_gb", Whole(largest));
        return values;
    }

    /// <summary>Firmware keeps some memory for itself: 15.6 is a machine with 16.</summary>
    private static string Whole(long bytes) => Math.Round(bytes / Gibibyte).ToString(CultureInfo.InvariantCulture);
}
