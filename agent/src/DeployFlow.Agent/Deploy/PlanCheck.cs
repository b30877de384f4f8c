using System.Text.Json;
using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Os;
using DeployFlow.Engine.Steps;

namespace DeployFlow.Agent.Deploy;

/// <summary>Whether a plan may be acted on: signed by the server whose key was built in, made for this session, and still good.</summary>
public static class PlanCheck
{
    /// <summary>How far a server's clock may be behind the one that made the plan.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    /// <param name="serverKey">SubjectPublicKeyInfo in DER.</param>
    /// <param name="session">Thumbprint of the session's key.</param>
    /// <exception cref="StepFailedException">It is not to be acted on.</exception>
    public static DeploymentPlan Verified(BootWaitResponse answer, IEphemeralKeys keys, byte[] serverKey, string session, DateTimeOffset now)
    {
        byte[] bytes, signature;
        try
        {
            bytes = Convert.FromBase64String(answer.Plan ?? "");
            signature = Convert.FromBase64String(answer.Signature ?? "");
        }
        catch (FormatException error)
        {
            throw Invalid("it is damaged", error);
        }

        if (!keys.Verify(serverKey, bytes, signature))
            throw Invalid("its signature is not this server's. Somebody changed it on the way, or the boot environment was built for another server; build it anew");
        DeploymentPlan plan;
        try
        {
            plan = JsonSerializer.Deserialize(bytes, BootJson.Default.DeploymentPlan) ?? throw new JsonException("It is null.");
        }
        catch (JsonException error)
        {
            throw Invalid($"it is not understood; build the boot environment anew ({error.Message})", error);
        }

        if (plan.Format != DeploymentPlan.KnownFormat)
            throw Invalid($"its format is {plan.Format}; build the boot environment anew");
        if (plan.Session != session)
            throw Invalid("it was made for another machine");
        if (plan.DeploymentId != answer.DeploymentId)
            throw Invalid("it belongs to another deployment");
        if (plan.IssuedAt > now + Tolerance)
            throw new StepFailedException(StepErrorCode.ClockWrong, $"The plan was made at {plan.IssuedAt:u}, and it is only {now:u} here; check the server's clock.");
        if (plan.ExpiresAt <= now)
            throw new StepFailedException(StepErrorCode.ClockWrong, $"The plan was good until {plan.ExpiresAt:u}, and it is {now:u}; approve this machine anew.");
        return plan;
    }

    private static StepFailedException Invalid(string what, Exception? inner = null) =>
        new(StepErrorCode.PlanInvalid, $"The plan from the server is refused: {what}.", inner);
}
