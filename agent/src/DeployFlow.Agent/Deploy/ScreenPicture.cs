using System.Globalization;
using System.Text;
using DeployFlow.Contracts;
using DeployFlow.Engine.Steps;
using Spectre.Console;

namespace DeployFlow.Agent.Deploy;

/// <summary>
/// One screen, in characters that an 80 by 25 text console and a serial line can show. Colour only repeats what a word
/// says. Each line is filled to the end, so that nothing of the one before stays.
/// </summary>
public static class ScreenPicture
{
    private const int BarWidth = 30;
    private const int LeastHeight = 10;

    public static void Draw(IAnsiConsole console, DeployView view, ScreenInputView input)
    {
        // One less: some terminals begin a new line when the last column is written.
        var width = Math.Clamp(console.Profile.Width, 40, 120) - 1;
        var height = Math.Max(console.Profile.Height, LeastHeight);
        var lines = Lines(view, input, width, height - 1);
        foreach (var line in lines)
            console.MarkupLine(line);
    }

    /// <summary>Markup for exactly <paramref name="height"/> lines.</summary>
    internal static IReadOnlyList<string> Lines(DeployView view, ScreenInputView input, int width, int height)
    {
        var head = new List<string> { Plain("DeployFlow Fleet", width, "bold"), Plain($"Server   {view.Server}", width), Plain($"Machine  {view.Machine}", width) };
        if (view.ComputerName is not null)
            head.Add(Plain($"Name     {view.ComputerName}, profile {view.Profile}", width));
        head.Add(Plain(new string('-', width), width));
        var foot = Foot(view, input, width);
        var room = height - head.Count - foot.Count;
        var body = input.ShowsLog ? Log(view, width, room) : Body(view, input, width, room);
        return [.. head, .. Fitted(body, room, width), .. foot];
    }

    private static IEnumerable<string> Fitted(List<string> lines, int room, int width) =>
        lines.Take(room).Concat(Enumerable.Repeat(Plain("", width), Math.Max(0, room - lines.Count)));

    private static List<string> Body(DeployView view, ScreenInputView input, int width, int room)
    {
        var lines = new List<string>();
        if (view.Failure is { } failure)
            lines.AddRange(Failure(failure, width));
        switch (view.Stage)
        {
            case DeployStage.Connecting:
                lines.Add(Plain("Asking the server ...", width));
                break;
            case DeployStage.Waiting:
                lines.AddRange(Code(view, input, width));
                break;
            case DeployStage.Running:
                lines.AddRange(Steps(view, width, room - lines.Count));
                break;
        }

        if (view.Failure is not null && view.Steps.Count > 0 && view.Stage != DeployStage.Running)
            lines.AddRange(Steps(view, width, room - lines.Count));
        return lines;
    }

    private static IEnumerable<string> Failure(ActionError failure, int width)
    {
        yield return Plain("FAILED", width, "bold red");
        foreach (var line in Wrapped($"{failure.Message} ({failure.Code})", width - 2))
            yield return Plain($"  {line}", width, "red");
        yield return Plain("", width);
    }

    private static IEnumerable<string> Code(DeployView view, ScreenInputView input, int width)
    {
        if (input.Pin is { } pin)
        {
            yield return Plain($"PIN      {string.Concat(pin.Select(_ => "* "))}{string.Concat(Enumerable.Repeat("_ ", 8 - pin.Length))}", width, "bold");
            yield return Plain("         Enter the eight digits; Esc leaves.", width);
            yield break;
        }

        yield return Plain("Approval code", width);
        foreach (var line in LargeText.Of(view.Code ?? ""))
            yield return Plain($"  {line}", width, "bold");
        yield return Plain("", width);
        yield return Plain($"  {view.Code}", width, "bold");
        yield return Plain("", width);
        yield return Plain("Compare it in the console and approve this machine there, or press P for a PIN.", width);
        yield return Plain($"Site {view.Site ?? "(none)"}, profile {view.Profile ?? "(chosen in the console)"}", width);
    }

    private static List<string> Steps(DeployView view, int width, int room)
    {
        // Two lines for the one that runs; where they are too many, what is done scrolls away.
        var running = view.Steps.ToList().FindIndex(step => step.State == StepState.Running);
        var first = Math.Clamp(running < 0 ? 0 : running - (room / 2), 0, Math.Max(0, view.Steps.Count - room + 3));
        var lines = new List<string>();
        foreach (var step in view.Steps.Skip(first))
        {
            var (word, style) = step.State switch
            {
                StepState.Succeeded => ("done   ", "green"),
                StepState.Running => ("RUNNING", "bold"),
                StepState.Failed => ("FAILED ", "red"),
                StepState.Skipped => ("skipped", "grey"),
                _ => ("       ", ""),
            };
            var took = step.Took is { TotalSeconds: > 0.05 } time ? $"{time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s" : "";
            lines.Add(Plain($"[{word}] {step.Position + 1,2} {step.Name}{(step.Attempt > 1 ? $" (attempt {step.Attempt})" : "")}  {took}", width, style));
            if (step.State == StepState.Running && step.Progress is { } progress)
                lines.Add(Plain("             " + Bar(progress, step), width));
        }

        return lines;
    }

    private static string Bar(StepProgress progress, StepView step)
    {
        var text = new StringBuilder();
        if (progress.Percent is { } percent)
        {
            var filled = (int)(Math.Clamp(percent, 0, 100) * BarWidth / 100);
            text.Append('[').Append('#', filled).Append('.', BarWidth - filled).Append("] ").Append(percent.ToString("0", CultureInfo.InvariantCulture)).Append('%');
        }

        if (progress.BytesDone is { } done && progress.BytesTotal is { } total && step.BytesPerSecond is > 0 and var rate)
            text.Append($"  {rate / 1e6:0.0} MB/s  {Span(TimeSpan.FromSeconds((total - done) / rate))} left");
        else if (progress.Text is { } words)
            text.Append("  ").Append(words);
        return text.ToString();
    }

    private static List<string> Log(DeployView view, int width, int room) => [.. view.Log.TakeLast(room).Select(line => Plain(line, width))];

    private static List<string> Foot(DeployView view, ScreenInputView input, int width)
    {
        var lines = new List<string> { Plain(new string('-', width), width) };
        if (view.Trouble is { } trouble)
            lines.AddRange(Wrapped($"! Server: {trouble} Trying again.", width).Take(2).Select(line => Plain(line, width, "yellow")));
        if (view.Note is { } note)
            lines.AddRange(Wrapped(note, width).Take(2).Select(line => Plain(line, width)));
        var keys = view.Stage == DeployStage.Running
            ? $"L {(input.ShowsLog ? "steps" : "log")}"
            : $"{(view.Stage == DeployStage.Waiting ? "P PIN   " : "")}R try again   L {(input.ShowsLog ? "back" : "log")}   S shell   Enter restart the machine";
        lines.Add(Plain(keys, width));
        return lines;
    }

    private static string Span(TimeSpan span) => span.TotalHours >= 1 ? $"{(int)span.TotalHours} h {span.Minutes} min" : span.TotalMinutes >= 1 ? $"{(int)span.TotalMinutes} min {span.Seconds} s" : $"{span.Seconds} s";

    private static IEnumerable<string> Wrapped(string text, int width)
    {
        var line = new StringBuilder();
        foreach (var word in text.Split(' ', '\n'))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line.ToString();
                line.Clear();
            }

            line.Append(line.Length > 0 ? " " : "").Append(word);
        }

        yield return line.ToString();
    }

    /// <summary>Cut or filled to the width, and without anything that markup or a terminal would take for more than text.</summary>
    private static string Plain(string text, int width, string style = "")
    {
        var shown = string.Concat(text.Select(character => char.IsControl(character) ? ' ' : character));
        shown = Markup.Escape(shown.Length > width ? shown[..width] : shown.PadRight(width));
        return style.Length == 0 ? shown : $"[{style}]{shown}[/]";
    }
}
