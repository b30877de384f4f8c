using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using DeployFlow.Engine.Os;

namespace DeployFlow.Engine.Scripts;

/// <summary>Private folders with random names, one for each script that runs.</summary>
public sealed class ScriptFolders(DataDirectory data)
{
    private readonly Lock _gate = new();

    /// <summary>Removes what a dead agent left behind.</summary>
    public void RemoveLeftovers() => Remove(data.Scripts);

    public ScriptFolder Create(ScriptOrder order, Interpreter interpreter)
    {
        EnsureParent();
        var path = Path.Combine(data.Scripts, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)));
        data.Files.EnsureDirectory(path);
        var script = Path.Combine(path, interpreter.ScriptFile);
        File.WriteAllBytes(script, Encoded(order));
        if (interpreter.Wrapper is null)
            return new ScriptFolder(path, script);
        var wrapper = Path.Combine(path, "run" + Path.GetExtension(interpreter.Wrapper));
        File.WriteAllBytes(wrapper, Resource(interpreter.Wrapper));
        return new ScriptFolder(path, wrapper);
    }

    /// <summary>Its permissions are set once: two scripts that begin together would set them at the same time, which Windows may refuse.</summary>
    private void EnsureParent()
    {
        lock (_gate)
        {
            if (!Directory.Exists(data.Scripts))
                data.Files.EnsureDirectory(data.Scripts);
        }
    }

    internal static void Remove(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Held open by a process that was left running, or not there: the next start of the agent tries again.
        }
    }

    private static byte[] Encoded(ScriptOrder order) => order.Language switch
    {
        // Windows PowerShell 5.1 takes a file without a mark for the ANSI code page.
        ScriptLanguage.Powershell => [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(order.Body)],
        // cmd.exe misses labels in files with bare line feeds.
        ScriptLanguage.Cmd => Encoding.UTF8.GetBytes(WithLineFeeds(order).Replace("\n", "\r\n")),
        _ => Encoding.UTF8.GetBytes(WithLineFeeds(order)),
    };

    // Not ReplaceLineEndings: it takes U+2028 and others for line ends too.
    private static string WithLineFeeds(ScriptOrder order) => order.Body.Replace("\r\n", "\n");

    private static byte[] Resource(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The resource {name} is not in the program.");
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }
}

/// <param name="Entry">The file to hand to the interpreter.</param>
public sealed record ScriptFolder(string Path, string Entry) : IDisposable
{
    public void Dispose() => ScriptFolders.Remove(Path);
}
