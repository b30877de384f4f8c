using System.Buffers.Binary;
using System.Security.Cryptography;

namespace DeployFlow.Engine.Os.Offline;

/// <summary>
/// The store that Windows' boot manager reads (BCD): a registry hive of objects with numbered elements. It holds what
/// <c>bcdboot</c> writes for one Windows on a GPT disk; the same partitions make the same file.
/// </summary>
public static class BootStore
{
    // Objects that every store calls by the same name.
    private const string BootManager = "{9dea862c-5cdd-4e70-acc1-f32b344d4795}";
    private const string GlobalSettings = "{7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e}";
    private const string BootLoaderSettings = "{6efb52bf-1766-41db-a6b3-0ee5eff72bd7}";
    private const string ResumeLoaderSettings = "{1afa9c49-16ab-4a5c-901b-212802da9460}";
    private const string HypervisorSettings = "{7ff607e0-4395-11db-b0de-0800200c9a66}";
    private const string DebuggerSettings = "{4636856e-540f-4170-a130-a84776f4c654}";
    private const string EmsSettings = "{0ce4991b-e6b3-4b16-b23c-5e0d9250e5d9}";
    private const string BadMemory = "{5189b25c-5558-4bf2-bca4-289b11bd29e2}";

    private const uint BootManagerType = 0x10100002;
    private const uint LoaderType = 0x10200003;
    private const uint ResumeType = 0x10200004;
    private const uint SettingsType = 0x20100000;
    private const uint LoaderSettingsType = 0x20200003;
    private const uint ResumeSettingsType = 0x20200004;

    // Elements, by the form of their value.
    private const string Device = "11000001";
    private const string ApplicationPath = "12000002";
    private const string Description = "12000004";
    private const string Locale = "12000005";
    private const string Inherit = "14000006";
    private const string IsolatedContext = "16000060";
    private const string AllowedInMemorySettings = "17000077";
    private const string OsDevice = "21000001";
    private const string SystemRoot = "22000002";
    private const string HibernationFile = "22000002";
    private const string DefaultObject = "23000003";
    private const string ResumeObject = "23000003";
    private const string ManagersResumeObject = "23000006";
    private const string DisplayOrder = "24000001";
    private const string Timeout = "25000004";
    private const string NoExecute = "25000020";
    private const string BootMenuPolicy = "250000c2";
    private const string HibernationDevice = "21000001";
    private const string DebugOptionEnabled = "26000006";
    private const string ResumeBootMenuPolicy = "25000008";

    /// <param name="at">The moment that the file's times show.</param>
    public static byte[] Make(Guid disk, Guid esp, Guid windows, string locale, DateTimeOffset at)
    {
        var loader = Named(windows, "loader");
        var resume = Named(windows, "resume");
        var store = Hive.Create("BCD", "NewStoreRoot", at);
        var head = store.Root.Ensure("Description");
        head.Set("KeyName", "BCD00000000");
        head.Set("System", 1);
        head.Set("TreatAsSystem", 1);

        Add(store, BootManager, BootManagerType, new()
        {
            [Device] = Binary(Partition(disk, esp)),
            [ApplicationPath] = Text(@"\EFI\Microsoft\Boot\bootmgfw.efi"),
            [Description] = Text("Windows Boot Manager"),
            [Locale] = Text(locale),
            [Inherit] = List(GlobalSettings),
            [DefaultObject] = Text(loader),
            [ManagersResumeObject] = Text(resume),
            [DisplayOrder] = List(loader),
            [Timeout] = Number(30),
        });
        Add(store, loader, LoaderType, new()
        {
            [Device] = Binary(Partition(disk, windows)),
            [ApplicationPath] = Text(@"\Windows\system32\winload.efi"),
            [Description] = Text("Windows"),
            [Locale] = Text(locale),
            [Inherit] = List(BootLoaderSettings),
            [IsolatedContext] = Binary([1]),
            [AllowedInMemorySettings] = Number(0x15000075),
            [OsDevice] = Binary(Partition(disk, windows)),
            [SystemRoot] = Text(@"\Windows"),
            [ResumeObject] = Text(resume),
            [NoExecute] = Number(0),
            [BootMenuPolicy] = Number(1),
        });
        Add(store, resume, ResumeType, new()
        {
            [Device] = Binary(Partition(disk, windows)),
            [ApplicationPath] = Text(@"\Windows\system32\winresume.efi"),
            [Description] = Text("Windows Resume Application"),
            [Locale] = Text(locale),
            [Inherit] = List(ResumeLoaderSettings),
            [IsolatedContext] = Binary([1]),
            [AllowedInMemorySettings] = Number(0x15000075),
            [HibernationDevice] = Binary(Partition(disk, windows)),
            [HibernationFile] = Text(@"\hiberfil.sys"),
            [ResumeBootMenuPolicy] = Number(1),
            [DebugOptionEnabled] = Binary([0]),
        });
        Add(store, GlobalSettings, SettingsType, new() { [Inherit] = List(DebuggerSettings, EmsSettings, BadMemory) });
        Add(store, BootLoaderSettings, LoaderSettingsType, new() { [Inherit] = List(GlobalSettings, HypervisorSettings) });
        Add(store, ResumeLoaderSettings, ResumeSettingsType, new() { [Inherit] = List(GlobalSettings) });
        Add(store, DebuggerSettings, SettingsType, new() { ["15000011"] = Number(4) });
        Add(store, EmsSettings, SettingsType, new() { ["16000020"] = Binary([0]) });
        Add(store, BadMemory, SettingsType, []);
        Add(store, HypervisorSettings, LoaderSettingsType, new() { ["250000f3"] = Number(0), ["250000f4"] = Number(1), ["250000f5"] = Number(115200) });
        return store.Save();
    }

    private static void Add(Hive store, string name, uint type, SortedDictionary<string, (RegistryKind Kind, byte[] Data)> elements)
    {
        store.Root.Ensure($@"Objects\{name}\Description").Set("Type", RegistryKind.Dword, RegistryData.Dword(type));
        var list = store.Root.Ensure($@"Objects\{name}\Elements");
        foreach (var (element, (kind, data)) in elements)
            list.Ensure(element).Set("Element", kind, data);
    }

    /// <summary>An id of its own for each Windows, and the same each time the store is made.</summary>
    private static string Named(Guid windows, string role) =>
        $"{{{new Guid(SHA256.HashData([.. windows.ToByteArray(), .. System.Text.Encoding.ASCII.GetBytes(role)]).AsSpan(0, 16))}}}";

    /// <summary>A partition of a GPT disk as the boot manager names it: 16 bytes of options, then type 6 and the two ids.</summary>
    private static byte[] Partition(Guid disk, Guid partition)
    {
        const uint partitionDevice = 6;
        const uint size = 0x48;
        var device = new byte[16 + size];
        BinaryPrimitives.WriteUInt32LittleEndian(device.AsSpan(16), partitionDevice);
        BinaryPrimitives.WriteUInt32LittleEndian(device.AsSpan(24), size);
        partition.TryWriteBytes(device.AsSpan(32));
        // Before the disk's id stand two numbers: a plain disk, and GPT.
        disk.TryWriteBytes(device.AsSpan(56));
        return device;
    }

    private static (RegistryKind Kind, byte[] Data) Text(string text) => (RegistryKind.Text, RegistryData.Text(text));

    private static (RegistryKind Kind, byte[] Data) List(params string[] names) => (RegistryKind.MultiText, RegistryData.MultiText(names));

    private static (RegistryKind Kind, byte[] Data) Binary(byte[] data) => (RegistryKind.Binary, data);

    private static (RegistryKind Kind, byte[] Data) Number(ulong number) => Binary(RegistryData.Qword(number));
}
