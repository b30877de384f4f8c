namespace DeployFlow.Engine.Os;

/// <summary>For what nobody needs to read.</summary>
internal sealed class NoLog : IStepLog
{
    public static readonly NoLog Instance = new();

    public void Engine(string text)
    {
    }

    public void Output(string text)
    {
    }

    public void Errors(string text)
    {
    }

    public void Progress(long done, long total, string? text = null)
    {
    }

    public void Percent(double percent, string? text = null)
    {
    }
}
