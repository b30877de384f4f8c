namespace DeployFlow.Engine.Steps;

/// <summary>Places on a Windows volume, from its root.</summary>
public static class WindowsFolders
{
    public const string BootManager = @"Windows\Boot\EFI\bootmgfw.efi";
    public const string BootManager2023 = @"Windows\Boot\EFI_EX\bootmgfw_EX.efi";
    public const string EfiFiles = @"Windows\Boot\EFI";
    public const string EfiFiles2023 = @"Windows\Boot\EFI_EX";
    public const string BootFonts = @"Windows\Boot\Fonts";
    public const string BootFonts2023 = @"Windows\Boot\Fonts_EX";
    public const string BootResources = @"Windows\Boot\Resources";
    public const string SystemHive = @"Windows\System32\config\SYSTEM";
    public const string SoftwareHive = @"Windows\System32\config\SOFTWARE";
    public const string DefaultUserHive = @"Users\Default\NTUSER.DAT";
    public const string SetupComplete = @"Windows\Setup\Scripts\SetupComplete.cmd";

    /// <summary>What a deployment brings and the installed system needs once.</summary>
    public const string Ours = @"Windows\DeployFlow";
    public const string Drivers = @"Windows\DeployFlow\Drivers";
    public const string FirstBoot = @"Windows\DeployFlow\FirstBoot";
    public const string Downloads = @"Windows\DeployFlow\Downloads";

    public const string AgentProgram = @"Program Files\DeployFlow\Agent";
    public const string AgentData = @"ProgramData\DeployFlow\Agent";
}
