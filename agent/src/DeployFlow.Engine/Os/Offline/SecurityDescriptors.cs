using System.Buffers.Binary;

namespace DeployFlow.Engine.Os.Offline;

/// <summary>Self-relative security descriptors for what only the system and administrators may touch.</summary>
internal static class SecurityDescriptors
{
    private const int HeaderSize = 20;
    private const byte AllowAce = 0;
    private const byte Inherited = 0x03; // objects and containers below
    private const byte KeysBelow = 0x02; // containers below
    private const uint AllOfKey = 0x000F003F;
    private const uint AllOfFile = 0x001F01FF;
    private const ushort SelfRelativeDacl = 0x8004;
    private const ushort ProtectedDacl = 0x9004; // takes nothing over from the folder above

    private static readonly byte[] Administrators = Convert.FromHexString("01020000000000052000000020020000");
    private static readonly byte[] System = Convert.FromHexString("010100000000000512000000");

    public static byte[] SystemAndAdministratorsKey { get; } = Of(SelfRelativeDacl, AllOfKey, KeysBelow);

    public static byte[] SystemAndAdministratorsFolder { get; } = Of(ProtectedDacl, AllOfFile, Inherited);

    public static byte[] SystemAndAdministratorsFile { get; } = Of(ProtectedDacl, AllOfFile, 0);

    private static byte[] Of(ushort control, uint rights, byte inheritance)
    {
        byte[] entries = [.. Ace(Administrators, rights, inheritance), .. Ace(System, rights, inheritance)];
        var list = new byte[8 + entries.Length];
        list[0] = 2;
        BinaryPrimitives.WriteUInt16LittleEndian(list.AsSpan(2), (ushort)list.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(list.AsSpan(4), 2);
        entries.CopyTo(list, 8);
        var head = new byte[HeaderSize];
        head[0] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(2), control);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(4), HeaderSize + list.Length);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(8), HeaderSize + list.Length + Administrators.Length);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(16), HeaderSize);
        return [.. head, .. list, .. Administrators, .. System];
    }

    private static byte[] Ace(byte[] account, uint rights, byte inheritance)
    {
        var entry = new byte[8 + account.Length];
        entry[0] = AllowAce;
        entry[1] = inheritance;
        BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(2), (ushort)entry.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(4), rights);
        account.CopyTo(entry, 8);
        return entry;
    }
}
