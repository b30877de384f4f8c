namespace DeployFlow.Agent.Http;

/// <summary>What came of a call: a value, or why there is none.</summary>
public sealed record ServerAnswer<T>(T? Value, ServerProblem? Problem)
    where T : class
{
    public static implicit operator ServerAnswer<T>(T value) => new(value, null);

    public static implicit operator ServerAnswer<T>(ServerProblem problem) => new(null, problem);
}

/// <param name="Status">HTTP status; 0 where the server was not reached.</param>
/// <param name="Code">The problem document's code, or <c>unreachable</c>, or <c>unexpected_answer</c>.</param>
/// <param name="Message">For people only.</param>
public sealed record ServerProblem(int Status, string Code, string Message, TimeSpan? RetryAfter = null)
{
    public const string Unreachable = "unreachable";
    public const string UnexpectedAnswer = "unexpected_answer";

    /// <summary>The server was not asked, or its answer could not be kept: the agent's own disk is in the way.</summary>
    public const string JournalUnwritable = "journal_unwritable";

    public static ServerProblem OfJournal(Exception error) => new(
        0, JournalUnwritable, $"The agent's journal cannot be written ({error.Message}); make room on the disk.", TimeSpan.FromSeconds(5));
}

/// <summary>Nothing to say but that it went well.</summary>
public sealed record Done
{
    public static readonly Done Value = new();
}
