using System.Globalization;
using System.Text;

namespace DeployFlow.Engine.Os.Linux;

/// <summary>Processes as <c>/proc</c> shows them.</summary>
internal static class ProcessTable
{
    private const int MaxRounds = 50;

    /// <summary>Clock ticks from boot to the start of the process; 0 where it is gone.</summary>
    public static long StartStamp(int pid) => Read(pid)?.Stamp ?? 0;

    /// <summary>
    /// Kills the session that <paramref name="trace"/> leads, all descendants, and whoever carries the mark in its
    /// environment. Looks again until nothing is left: a fork may be faster than one look.
    /// </summary>
    public static int KillTree(ProcessTrace trace)
    {
        var killed = new HashSet<int>();
        for (var round = 0; round < MaxRounds; round++)
        {
            var members = Members(trace);
            if (members.Count == 0)
                break;
            foreach (var pid in members)
                _ = Libc.Kill(pid, Libc.SigStop);
            foreach (var pid in members)
            {
                _ = Libc.Kill(pid, Libc.SigKill);
                killed.Add(pid);
            }
        }

        return killed.Count;
    }

    private static List<int> Members(ProcessTrace trace)
    {
        var table = All();
        var self = Environment.ProcessId;
        var leader = table.Find(entry => entry.Pid == trace.Pid);
        // A process id that is used again belongs to a stranger; its session is not ours.
        var ours = trace.Pid > 0 && (leader is null || trace.Stamp == 0 || leader.Stamp == trace.Stamp);
        var members = new HashSet<int>();
        foreach (var entry in table)
        {
            if (entry.Pid != self && ((ours && (entry.Pid == trace.Pid || entry.Session == trace.Pid)) || CarriesMark(entry.Pid, trace.Mark)))
                members.Add(entry.Pid);
        }

        for (var grew = true; grew;)
        {
            grew = false;
            foreach (var entry in table)
                grew |= members.Contains(entry.Parent) && entry.Pid != self && members.Add(entry.Pid);
        }

        members.RemoveWhere(pid => table.Exists(entry => entry.Pid == pid && entry.IsDead));
        return [.. members];
    }

    private static List<Entry> All()
    {
        var entries = new List<Entry>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && Read(pid) is { } entry)
                entries.Add(entry);
        }

        return entries;
    }

    private static Entry? Read(int pid)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{pid}/stat");
            // The name, second of the fields, is in parentheses and may hold any character.
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return new Entry(
                pid,
                int.Parse(fields[1], CultureInfo.InvariantCulture),
                int.Parse(fields[3], CultureInfo.InvariantCulture),
                long.Parse(fields[19], CultureInfo.InvariantCulture),
                fields[0] is "Z" or "X");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool CarriesMark(int pid, string mark)
    {
        try
        {
            var wanted = Encoding.UTF8.GetBytes($"{ProcessOrder.MarkVariable}={mark}\0");
            return File.ReadAllBytes($"/proc/{pid}/environ").AsSpan().IndexOf(wanted) >= 0;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private sealed record Entry(int Pid, int Parent, int Session, long Stamp, bool IsDead);
}
