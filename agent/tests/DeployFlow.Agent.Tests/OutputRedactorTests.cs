using System.Text;
using CsCheck;
using DeployFlow.Engine.Scripts;

namespace DeployFlow.Agent.Tests;

public sealed class OutputRedactorTests
{
    private static readonly Gen<string> Word = Gen.String[Gen.Char["ab0=\n"], 1, 6];
    private static readonly Gen<(string[] Secrets, string[] Pieces)> Streams =
        Gen.Select(Word.Array[1, 4], Gen.String[Gen.Char["ab0=\n"], 0, 12].Array[0, 12]);

    [Fact]
    public void A_secret_is_masked_wherever_the_stream_is_cut() => Streams.Sample((secrets, pieces) =>
    {
        var redacted = Redact(secrets, pieces);
        Assert.DoesNotContain(secrets, secret => redacted.Contains(secret, StringComparison.Ordinal));
        Assert.Equal(Redact(secrets, [string.Concat(pieces)]), redacted);
    }, iter: 20_000);

    [Theory]
    [InlineData("S3cret!")]
    [InlineData("Grüße 🖥")]
    [InlineData("line one\nline two")]
    public void The_base64_of_a_secret_is_masked_too(string secret)
    {
        var forms = new[] { secret, Convert.ToBase64String(Encoding.UTF8.GetBytes(secret)), Convert.ToBase64String(Encoding.Unicode.GetBytes(secret)) };
        foreach (var form in forms)
            Assert.Equal($"<{OutputRedactor.Mask}>", Redact([secret], [.. $"<{form}>".Select(character => character.ToString())]));
    }

    [Fact]
    public void What_cannot_become_a_secret_is_not_held_back()
    {
        var redactor = new OutputRedactor(["password"]);
        Assert.Equal("word ", redactor.Push("word pass"));
        Assert.Equal("pass!", redactor.Push("!"));
        Assert.Equal("", redactor.Finish());
    }

    [Fact]
    public void Without_secrets_nothing_changes()
    {
        var redactor = new OutputRedactor([]);
        Assert.Equal("anything", redactor.Push("anything"));
        Assert.Equal("", redactor.Finish());
    }

    private static string Redact(IReadOnlyList<string> secrets, IEnumerable<string> pieces)
    {
        var redactor = new OutputRedactor(secrets);
        return string.Concat(pieces.Select(redactor.Push)) + redactor.Finish();
    }
}
