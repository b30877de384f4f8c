namespace DeployFlow.Engine.Os.Smbios;

/// <summary>What vendors leave in fields they did not fill. Two machines with the same junk must not look like one.</summary>
public static class JunkValues
{
    private static readonly HashSet<string> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        "to be filled by o.e.m.", "to be filled by oem", "o.e.m.", "oem", "default string", "default", "system manufacturer",
        "system product name", "system serial number", "system version", "system sku", "sku", "sku number", "serial number", "chassis serial number",
        "base board serial number", "not specified", "not applicable", "not available", "not settable", "none", "null", "n/a", "na",
        "unknown", "undefined", "invalid", "empty", "type1productconfigid", "type1family", "type1sku0", "product name", "no asset tag", "asset tag", "xxxxxxx", "123456789", "0123456789", "1234567890", "abcdefghij",
        "03000200-0400-0500-0006-000700080009", "12345678-1234-5678-90ab-cddeefaabbcc", "fefefefe-fefe-fefe-fefe-fefefefefefe",
    };

    /// <summary>The value without surrounding blanks, or null where it says nothing.</summary>
    public static string? Clean(string? value)
    {
        var text = value is null ? "" : string.Concat(value.Where(character => !char.IsControl(character))).Trim();
        return text.Length == 0 || Known.Contains(text) || IsOneCharacter(text) ? null : text;
    }

    /// <summary>0000000, XXXXXX, ........, 00-00-00.</summary>
    private static bool IsOneCharacter(string text) =>
        text.All(character => character == text[0] || character is '-' or '.' or ' ' or ':');
}
