using System.Threading.Channels;
using DeployFlow.Engine.Os;
using Spectre.Console;

namespace DeployFlow.Agent.Deploy;

/// <summary>
/// The screen at the machine, and its keyboard. Where there is no terminal, or only lines are wanted, it prints lines and
/// nobody is asked.
/// </summary>
public sealed class DeployScreen : IDisposable
{
    /// <summary>Four times a second is lively, and a serial line keeps up with it.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(250);

    private readonly IAnsiConsole? _console;
    private readonly IBootTerminal _terminal;
    private readonly CancellationTokenSource _closing = new();
    private readonly ScreenInput _input = new();
    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock _gate = new();
    private DeployStatus? _status;

    private DeployScreen(IAnsiConsole? console, IBootTerminal terminal)
    {
        _console = console;
        _terminal = terminal;
        Technician = console is null ? new NoTechnician() : _input;
    }

    public ITechnician Technician { get; }

    public static DeployScreen Open(bool plain, IBootTerminal terminal, DeployLines lines)
    {
        if (plain || Console.IsOutputRedirected || Console.IsInputRedirected)
        {
            lines.Shown = true;
            return new DeployScreen(null, terminal);
        }

        return new DeployScreen(AnsiConsole.Console, terminal);
    }

    public void Show(DeployStatus status)
    {
        _status = status;
        if (_console is null)
            return;
        status.Changed += () => _changes.Writer.TryWrite(true);
        _input.Changed += () => _changes.Writer.TryWrite(true);
        new Thread(ReadKeys) { IsBackground = true, Name = "keys" }.Start();
        _ = DrawAsync();
    }

    public void Dispose()
    {
        _closing.Cancel();
        if (_console is not null)
        {
            lock (_gate)
            {
                Draw();
                _console.Cursor.Show();
            }
        }

        _closing.Dispose();
    }

    private async Task DrawAsync()
    {
        var token = _closing.Token;
        try
        {
            while (true)
            {
                lock (_gate)
                    Draw();
                await _changes.Reader.ReadAsync(token);
                await Task.Delay(Pace, TimeProvider.System, token);
            }
        }
        catch (OperationCanceledException)
        {
            // Closed.
        }
        catch (IOException)
        {
            // The terminal went away; the deployment goes on.
        }
    }

    private void Draw()
    {
        var console = _console!;
        console.Cursor.Hide();
        console.Cursor.SetPosition(0, 0);
        ScreenPicture.Draw(console, _status!.View, _input.View);
    }

    private void ReadKeys()
    {
        try
        {
            while (!_closing.IsCancellationRequested)
            {
                var key = Console.ReadKey(intercept: true);
                if (_input.Take(key, _status!.View.Stage))
                    RunShell();
            }
        }
        catch (Exception error) when (error is InvalidOperationException or IOException)
        {
            // No keyboard.
        }
    }

    private void RunShell()
    {
        lock (_gate)
        {
            _console!.Cursor.Show();
            _console.Clear(home: true);
            _terminal.RunShell();
            _console.Clear(home: true);
        }

        _changes.Writer.TryWrite(true);
    }
}
