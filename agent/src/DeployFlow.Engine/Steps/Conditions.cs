using System.Globalization;
using DeployFlow.Contracts.Boot;

namespace DeployFlow.Engine.Steps;

/// <summary>Judges whether a step is to run. Case does not count; a variable that is not set is like no value.</summary>
public static class Conditions
{
    private const int Deepest = 20;

    /// <exception cref="StepFailedException">The condition says nothing that can be judged.</exception>
    public static bool Hold(PlanCondition? condition, DeploymentVariables variables) => condition is null || Hold(condition, variables, 0);

    private static bool Hold(PlanCondition condition, DeploymentVariables variables, int depth)
    {
        if (depth > Deepest)
            throw Invalid("it is nested too deep");
        var forms = new object?[] { condition.Variable, condition.All, condition.Any, condition.Not };
        if (forms.Count(form => form is not null) != 1)
            throw Invalid("it must be a comparison, or one of all, any, not");
        if (condition.All is { } all)
            return all.All(part => Hold(part, variables, depth + 1));
        if (condition.Any is { } any)
            return any.Any(part => Hold(part, variables, depth + 1));
        if (condition.Not is { } not)
            return !Hold(not, variables, depth + 1);
        return Compare(variables[condition.Variable!], condition.Op, condition.Value ?? throw Invalid("it has no value"));
    }

    private static bool Compare(string? actual, string? op, string value) => op switch
    {
        "eq" => string.Equals(actual, value, StringComparison.OrdinalIgnoreCase),
        "ne" => !string.Equals(actual, value, StringComparison.OrdinalIgnoreCase),
        "contains" => actual?.Contains(value, StringComparison.OrdinalIgnoreCase) == true,
        "matches" => actual is not null && Matches(actual, value),
        "gt" => Number(actual) > Limit(value),
        "lt" => Number(actual) < Limit(value),
        _ => throw Invalid($"'{op}' is no comparison"),
    };

    /// <summary><c>*</c> is any text, <c>?</c> any character.</summary>
    private static bool Matches(string text, string pattern)
    {
        int at = 0, next = 0, star = -1, resume = 0;
        while (at < text.Length)
        {
            if (next < pattern.Length && pattern[next] == '*')
            {
                star = next++;
                resume = at;
            }
            else if (next < pattern.Length && (pattern[next] == '?' || char.ToUpperInvariant(pattern[next]) == char.ToUpperInvariant(text[at])))
            {
                next++;
                at++;
            }
            else if (star >= 0)
            {
                next = star + 1;
                at = ++resume;
            }
            else
            {
                return false;
            }
        }

        return pattern.AsSpan(next).IndexOfAnyExcept('*') < 0;
    }

    /// <summary>Not a number compares with nothing.</summary>
    private static double Number(string? text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : double.NaN;

    private static double Limit(string text) => double.IsNaN(Number(text)) ? throw Invalid($"'{text}' is no number") : Number(text);

    private static StepFailedException Invalid(string what) => new(StepErrorCode.ConditionInvalid, $"The step's condition cannot be judged: {what}.");
}
