using System.Globalization;
using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Steps;

namespace DeployFlow.Engine.Os.WinPe;

/// <summary>Calls DISM, follows its progress and reads its errors. Always with <c>/English</c>, so that its words are known.</summary>
internal sealed class Dism(Tools tools, string program)
{
    private const int FileNotFound = 2;
    private const int InvalidData = 13;
    private const int BadFormat = 11;
    private const int DiskFull = 112;
    private const int WimDamaged = 1392;
    private const int DiskDamaged = 1393;
    private const int HighHalf = unchecked((int)0xFFFF0000);
    private const int FacilityWin32 = unchecked((int)0x80070000);

    /// <param name="line">Takes what is no progress.</param>
    public async Task<DismEnd> RunAsync(IReadOnlyList<string> arguments, IStepLog log, Action<string>? line, CancellationToken cancellationToken)
    {
        int? error = null;
        string? message = null;
        var end = await tools.RunAsync(program, ["/English", .. arguments], log, cancellationToken, text =>
        {
            if (Percent(text) is { } percent)
            {
                log.Percent(percent);
                return;
            }

            log.Output(text + "\n");
            line?.Invoke(text.Trim());
            if (text.StartsWith("Error: ", StringComparison.Ordinal))
                error = Number(text["Error: ".Length..].Trim());
            else if (error is not null && message is null)
                message = text.Trim();
        });
        return new DismEnd(end.ExitCode, end.ExitCode == 0 ? 0 : error ?? Win32(end.ExitCode), message ?? end.LastLine);
    }

    /// <summary><c>[=========                 17.0%                           ]</c></summary>
    private static double? Percent(string line)
    {
        var text = line.Trim();
        var sign = text.IndexOf('%', StringComparison.Ordinal);
        if (!text.StartsWith('[') || sign < 0)
            return null;
        var start = sign;
        while (start > 0 && (char.IsAsciiDigit(text[start - 1]) || text[start - 1] is '.' or ','))
            start--;
        return double.TryParse(text[start..sign].Replace(',', '.'), CultureInfo.InvariantCulture, out var percent) ? percent : null;
    }

    /// <summary>Decimal, or the whole HRESULT in hex; of one that wraps a Win32 code, that code.</summary>
    private static int? Number(string text)
    {
        var isHex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        if (!(isHex
            ? int.TryParse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var number)
            : int.TryParse(text, CultureInfo.InvariantCulture, out number)))
            return null;
        return Win32(number);
    }

    public static StepFailedException ApplyFailed(DismEnd end, ApplyImageConfiguration image)
    {
        var (code, what) = end.Error switch
        {
            DiskFull => (StepErrorCode.OutOfSpace, "the Windows partition is too small for this image"),
            InvalidData or BadFormat or WimDamaged or DiskDamaged => (StepErrorCode.ImageDamaged, "the image is damaged; import it on the server anew"),
            FileNotFound => (StepErrorCode.ApplyFailed, "the image or its index is not there; choose another edition in the profile"),
            _ => (StepErrorCode.ApplyFailed, "the log has what DISM said"),
        };
        return new StepFailedException(code, $"Applying {image.Name} failed: {what}. ({end.Message}, DISM {end.Error})");
    }

    // In ints throughout: with an unsigned mask both sides would be long, and never the same.
    private static int Win32(int error) => (error & HighHalf) == FacilityWin32 ? error & 0xFFFF : error;
}

/// <param name="Error">The Win32 code it names; 0 on success.</param>
internal sealed record DismEnd(int ExitCode, int Error, string Message);
