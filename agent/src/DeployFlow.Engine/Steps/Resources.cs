using System.Reflection;
using System.Text;

namespace DeployFlow.Engine.Steps;

/// <summary>Files of other languages that the program carries.</summary>
internal static class Resources
{
    /// <summary>For Windows, whose command interpreter misses labels in files with bare line feeds.</summary>
    public static byte[] WindowsText(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The resource {name} is not in the program.");
        using var reader = new StreamReader(stream);
        return Encoding.UTF8.GetBytes(reader.ReadToEnd().ReplaceLineEndings("\r\n"));
    }
}
