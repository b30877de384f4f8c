using System.Threading.Channels;

namespace DeployFlow.Agent.Deploy;

/// <summary>What keys mean, and what was typed so far.</summary>
public sealed class ScreenInput : ITechnician
{
    private const int PinLength = 8;

    private readonly Channel<string> _pins = Channel.CreateUnbounded<string>();
    private readonly Channel<TechnicianDecision> _decisions = Channel.CreateUnbounded<TechnicianDecision>();
    private volatile bool _busy;

    public event Action? Changed;

    public ScreenInputView View { get; private set; } = new(null, false);

    public bool Busy
    {
        get => _busy;
        set => _busy = value;
    }

    public async Task<string> PinAsync(CancellationToken cancellationToken) => await _pins.Reader.ReadAsync(cancellationToken);

    public async Task<TechnicianDecision> DecideAsync(CancellationToken cancellationToken) => await _decisions.Reader.ReadAsync(cancellationToken);

    /// <returns>Whether a shell is wanted.</returns>
    public bool Take(ConsoleKeyInfo key, DeployStage stage)
    {
        var wantsShell = View.Pin is { } pin ? TakeDigit(pin, key) : TakeCommand(key, stage);
        Changed?.Invoke();
        return wantsShell;
    }

    private bool TakeDigit(string pin, ConsoleKeyInfo key)
    {
        if (char.IsAsciiDigit(key.KeyChar) && pin.Length < PinLength)
        {
            pin += key.KeyChar;
            View = View with { Pin = pin.Length < PinLength ? pin : null };
            if (pin.Length == PinLength)
                _pins.Writer.TryWrite(pin);
        }
        else if (key.Key is ConsoleKey.Backspace or ConsoleKey.Delete)
        {
            View = View with { Pin = pin.Length == 0 ? null : pin[..^1] };
        }
        else if (key.Key is ConsoleKey.Escape or ConsoleKey.Enter)
        {
            View = View with { Pin = null };
        }

        return false;
    }

    private bool TakeCommand(ConsoleKeyInfo key, DeployStage stage)
    {
        switch (char.ToUpperInvariant(key.KeyChar))
        {
            case 'P' when stage == DeployStage.Waiting:
                View = View with { Pin = "" };
                break;
            case 'L':
                View = View with { ShowsLog = !View.ShowsLog };
                break;
            case 'R' when !Busy:
                _decisions.Writer.TryWrite(TechnicianDecision.Retry);
                break;
            // While a deployment runs, its secrets pass through this machine.
            case 'S' when !Busy:
                return true;
            case '\r' or '\n' when !Busy:
                _decisions.Writer.TryWrite(TechnicianDecision.Restart);
                break;
        }

        return false;
    }
}

/// <param name="Pin">The digits so far; null where none is being entered.</param>
public sealed record ScreenInputView(string? Pin, bool ShowsLog);
