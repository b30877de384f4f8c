using System.Security;
using System.Text;
using DeployFlow.Contracts.Boot;

namespace DeployFlow.Engine.Os.Offline;

/// <summary>The answer file of Windows Setup, for an image that is applied and not set up yet.</summary>
public sealed class UnattendFile
{
    /// <summary>Where Windows looks for it on the first start.</summary>
    public const string Path = @"Windows\Panther\unattend.xml";

    private const string Component =
        "processorArchitecture=\"amd64\" publicKeyToken=\"31bf3856ad364e35\" language=\"neutral\" versionScope=\"nonSxS\"";

    private readonly StringBuilder _text = new();
    private readonly UnattendModel _model;
    private readonly IReadOnlyDictionary<string, string> _secrets;
    private int _depth;

    private UnattendFile(UnattendModel model, IReadOnlyDictionary<string, string> secrets)
    {
        _model = model;
        _secrets = secrets;
    }

    /// <param name="secrets">The value of each secret that the model names.</param>
    /// <exception cref="FormatException">It holds what an answer file cannot.</exception>
    public static string Write(UnattendModel model, IReadOnlyDictionary<string, string> secrets)
    {
        var file = new UnattendFile(model, secrets);
        file._text.Append("<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n");
        file.Open("unattend", "xmlns=\"urn:schemas-microsoft-com:unattend\" xmlns:wcm=\"http://schemas.microsoft.com/WMIConfig/2002/State\"");
        file.Specialize();
        file.OobeSystem();
        file.Close("unattend");
        return file._text.ToString();
    }

    private void Specialize() => Pass("specialize", () =>
    {
        Section("Microsoft-Windows-Deployment", _model.Administrator is not null || SkipsAccountPage, () =>
        {
            Open("RunSynchronous");
            var order = 0;
            // The built-in account is disabled in client editions, whatever password it is given.
            if (_model.Administrator is not null)
                Command(ref order, "Enable the administrator", "cmd.exe /c net user Administrator /active:yes");
            // What the setup itself notes when an answer file made an account; else it asks for one.
            if (SkipsAccountPage)
            {
                Command(
                    ref order, "No page for an account",
                    @"reg.exe add HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Setup\OOBE /v UnattendCreatedUser /t REG_DWORD /d 1 /f");
            }

            Close("RunSynchronous");
        });
        Section("Microsoft-Windows-Shell-Setup", true, () =>
        {
            Value("ComputerName", _model.ComputerName);
            Value("ProductKey", _model.ProductKey);
            Value("RegisteredOrganization", _model.Organization);
            Value("RegisteredOwner", _model.Owner);
            Value("TimeZone", _model.TimeZone);
        });
        Section("Microsoft-Windows-UnattendedJoin", _model.Workgroup is not null || _model.DomainJoin is not null, () =>
        {
            Open("Identification");
            Value("JoinWorkgroup", _model.Workgroup);
            if (_model.DomainJoin is { } join)
            {
                Open("Provisioning");
                Value("AccountData", Secret(join).Trim());
                Close("Provisioning");
            }

            Close("Identification");
        });
    });

    private void OobeSystem() => Pass("oobeSystem", () =>
    {
        Section("Microsoft-Windows-International-Core", _model.Keyboard is not null || _model.Locale is not null || _model.UiLanguage is not null, () =>
        {
            Value("InputLocale", _model.Keyboard);
            Value("SystemLocale", _model.Locale);
            Value("UILanguage", _model.UiLanguage);
            Value("UserLocale", _model.Locale);
        });
        Section("Microsoft-Windows-Shell-Setup", true, () =>
        {
            if (_model.SkipOobe)
            {
                Open("OOBE");
                Value("HideEULAPage", "true");
                Value("HideOEMRegistrationScreen", "true");
                Value("HideOnlineAccountScreens", "true");
                Value("HideWirelessSetupInOOBE", "true");
                Value("ProtectYourPC", "3");
                Close("OOBE");
            }

            Value("RegisteredOrganization", _model.Organization);
            Value("RegisteredOwner", _model.Owner);
            Value("TimeZone", _model.TimeZone);
            Accounts();
        });
    });

    private bool SkipsAccountPage => _model.SkipOobe && _model.Accounts is null or [];

    private void Accounts()
    {
        if (_model.Administrator is null && _model.Accounts is null or [])
            return;
        Open("UserAccounts");
        if (_model.Administrator is { } administrator)
            Password("AdministratorPassword", Secret(administrator));
        if (_model.Accounts is { Count: > 0 } accounts)
        {
            Open("LocalAccounts");
            foreach (var account in accounts)
            {
                Open("LocalAccount", "wcm:action=\"add\"");
                if (account.Password is { } password)
                    Password("Password", Secret(password));
                Value("DisplayName", account.Name);
                Value("Group", account.Group);
                Value("Name", account.Name);
                Close("LocalAccount");
            }

            Close("LocalAccounts");
        }

        Close("UserAccounts");
    }

    /// <summary>As Windows System Image Manager hides passwords. It keeps blanks and odd characters whole; it is no secret.</summary>
    private void Password(string element, string password)
    {
        Open(element);
        Value("Value", Convert.ToBase64String(Encoding.Unicode.GetBytes(password + element)));
        Value("PlainText", "false");
        Close(element);
    }

    private string Secret(SecretReference reference) =>
        _secrets.TryGetValue(reference.Secret, out var value) ? value : throw new FormatException($"The answer file needs the secret {reference.Secret}, which was not given.");

    private void Command(ref int order, string description, string path)
    {
        order++;
        Open("RunSynchronousCommand", "wcm:action=\"add\"");
        Value("Description", description);
        Value("Order", order.ToString());
        Value("Path", path);
        Close("RunSynchronousCommand");
    }

    private void Pass(string name, Action content) => Element("settings", $"pass=\"{name}\"", content);

    private void Section(string name, bool wanted, Action content)
    {
        if (wanted)
            Element("component", $"name=\"{name}\" {Component}", content);
    }

    /// <summary>Left out where nothing comes into it.</summary>
    private void Element(string element, string attributes, Action content)
    {
        var before = _text.Length;
        Open(element, attributes);
        var begun = _text.Length;
        content();
        var isEmpty = _text.Length == begun;
        Close(element);
        if (isEmpty)
            _text.Length = before;
    }

    /// <summary>An empty element is an error to the setup, so what is not given is left out.</summary>
    private void Value(string element, string? value)
    {
        if (string.IsNullOrEmpty(value))
            return;
        if (value.Any(char.IsControl))
            throw new FormatException($"{element} of the answer file holds a control character.");
        Indent().Append('<').Append(element).Append('>').Append(SecurityElement.Escape(value)).Append("</").Append(element).Append(">\r\n");
    }

    private void Open(string element, string? attributes = null)
    {
        Indent().Append('<').Append(element).Append(attributes is null ? "" : " ").Append(attributes).Append(">\r\n");
        _depth++;
    }

    private void Close(string element)
    {
        _depth--;
        Indent().Append("</").Append(element).Append(">\r\n");
    }

    private StringBuilder Indent() => _text.Append(' ', _depth * 2);
}
