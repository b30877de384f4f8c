using System.Buffers.Binary;
using DeployFlow.Agent.Tests.Fakes;
using DeployFlow.Engine.Os.Offline;

namespace DeployFlow.Agent.Tests.Boot;

public sealed class HiveTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 24, 13, 0, 0, TimeSpan.Zero);

    [Fact]
    public void What_is_written_into_a_new_hive_is_there_when_it_is_opened_again()
    {
        var names = Enumerable.Range(0, 700).Select(number => $"Service{number * 7919 % 700:000}").ToList();
        var hive = Hive.Create("SYSTEM", "ROOT", At);
        foreach (var name in names)
            hive.Root.Ensure($@"ControlSet001\Services\{name}").Set("Start", 2);
        hive.Root.Ensure("Größe").Set("", RegistryKind.Text, RegistryData.Text("der Vorgabewert"));
        hive.Root.Ensure("Größe").Set("Ключ", RegistryKind.Binary, new byte[5000]);
        hive.Root.Ensure("größe").Set("ключ", RegistryKind.MultiText, RegistryData.MultiText(["one", "two"]));
        var bytes = hive.Save();

        var again = Hive.Open(bytes, At);
        var services = again.Root.Find("ControlSet001")!.Find("SERVICES")!.Subkeys.ToList();
        Assert.Equal(names.Order(StringComparer.Ordinal), services.Select(key => key.Name));
        Assert.All(services, key => Assert.Equal(RegistryData.Dword(2), key.Value("start")!.Data));
        Assert.Equal(["", "Ключ"], again.Root.Find("größe")!.Values.Select(value => value.Name));
        Assert.Equal(RegistryKind.MultiText, again.Root.Find("Größe")!.Value("КЛЮЧ")!.Kind);
        Assert.Null(again.Root.Find("Nothing"));
        if (Hivex.IsThere)
            Hivex.AssertSame(bytes);
    }

    [Fact]
    public void A_hive_that_is_opened_grows_without_moving_what_it_has()
    {
        var hive = Hive.Create("SOFTWARE", "ROOT", At);
        hive.Root.Ensure(@"Microsoft\Windows").Set("Old", "stays");
        var before = hive.Save().ToArray();
        var opened = Hive.Open([.. before], At);
        opened.Root.Ensure(@"Microsoft\Windows\CurrentVersion").Set("DevicePath", RegistryKind.ExpandText, RegistryData.Text(new string('x', 6000)));
        opened.Root.Ensure(@"Microsoft\Windows").Set("Old", "changed");
        opened.Root.Ensure(@"Microsoft\Windows").Set("New", 7);
        var after = opened.Save();
        Assert.Equal(0, after.Length % 4096);
        Assert.True(after.Length > before.Length);
        var again = Hive.Open(after, At).Root.Find("Microsoft")!.Find("Windows")!;
        Assert.Equal("changed", RegistryData.ToText(again.Value("Old")!.Data));
        Assert.Equal(2, again.Values.Count);
        Assert.Equal(6001 * 2, again.Find("CurrentVersion")!.Value("DevicePath")!.Data.Length);
        if (Hivex.IsThere)
            Hivex.AssertSame(after);
    }

    [Theory]
    [InlineData("aaa")]
    [InlineData("mmm")]
    [InlineData("zzz")]
    public void A_key_finds_its_place_in_a_list_of_lists_as_large_hives_have(string name)
    {
        var hive = Hive.Create("SYSTEM", "ROOT", At);
        string[] first = ["bbb", "ccc", "ddd"], second = ["xxx", "yyy"];
        foreach (var each in first.Concat(second))
            hive.Root.Ensure(each);
        MakeListOfLists(hive, [first, second]);
        hive.Root.Ensure(name).Set("Value", 1);
        var again = Hive.Open(hive.Save(), At);
        Assert.Equal(first.Concat(second).Append(name).Order(StringComparer.Ordinal), again.Root.Subkeys.Select(key => key.Name));
        if (Hivex.IsThere)
            Hivex.AssertSame(hive.Save());
    }

    [Fact]
    public void The_same_content_makes_the_same_file()
    {
        static byte[] Make() => BootStore.Make(Guid.Parse("00000001-0000-4000-8000-0123456789ab"), Guid.Parse("00000002-0000-4000-8000-0123456789ab"), Guid.Parse("00000004-0000-4000-8000-0123456789ab"), "de-DE", At);
        Assert.Equal(Make(), Make());
    }

    [Fact]
    public void The_boot_store_starts_Windows_from_its_partition()
    {
        var disk = Guid.Parse("00000001-0000-4000-8000-0123456789ab");
        var windows = Guid.Parse("00000004-0000-4000-8000-0123456789ab");
        var bytes = BootStore.Make(disk, Guid.Parse("00000002-0000-4000-8000-0123456789ab"), windows, "de-DE", At);
        var objects = Hive.Open(bytes, At).Root.Find("Objects")!;
        byte[] Element(HiveKey item, string element) => item.Find("Elements")!.Find(element)!.Value("Element")!.Data;
        var manager = objects.Find("{9dea862c-5cdd-4e70-acc1-f32b344d4795}")!;
        var loader = objects.Find(RegistryData.ToText(Element(manager, "23000003")))!;
        Assert.Equal(@"\Windows\system32\winload.efi", RegistryData.ToText(Element(loader, "12000002")));
        var device = Element(loader, "21000001");
        // As the boot manager reads it: options, type 6, size, partition, GPT, disk.
        Assert.Equal(88, device.Length);
        Assert.Equal((6, 0x48), (BinaryPrimitives.ReadInt32LittleEndian(device.AsSpan(16)), BinaryPrimitives.ReadInt32LittleEndian(device.AsSpan(24))));
        Assert.Equal((windows, disk), (new Guid(device.AsSpan(32, 16)), new Guid(device.AsSpan(56, 16))));
        foreach (var item in objects.Subkeys)
        {
            // Whatever is inherited is there.
            foreach (var name in item.Find("Elements")!.Find("14000006") is { } inherit ? RegistryData.ToText(inherit.Value("Element")!.Data).Split('\0') : [])
                Assert.NotNull(objects.Find(name));
        }

        if (Hivex.IsThere)
            Hivex.AssertSame(bytes);
    }

    [Fact]
    public void What_is_no_whole_closed_hive_is_refused()
    {
        var good = Hive.Create("X", "ROOT", At).Save();
        Assert.Throws<HiveException>(() => Hive.Open(new byte[8192], At));
        Assert.Throws<HiveException>(() => Hive.Open(good[..4096], At));
        byte[] dirty = [.. good];
        dirty[4]++;
        // The head's checksum is the exclusive or of its numbers.
        dirty[0x1FC] ^= (byte)(good[4] ^ dirty[4]);
        Assert.Contains("shutdown", Assert.Throws<HiveException>(() => Hive.Open(dirty, At)).Message);
        byte[] damaged = [.. good];
        damaged[0x24]++;
        Assert.Throws<HiveException>(() => Hive.Open(damaged, At));
    }

    private static void MakeListOfLists(Hive hive, string[][] leaves)
    {
        var keys = hive.Root.Subkeys.ToDictionary(key => key.Name, key => key.Offset);
        var lists = leaves.Select(leaf => leaf.Aggregate(-1, (list, name) => HiveSubkeys.Insert(hive, list, keys[name], name))).ToArray();
        var content = new byte[4 + (lists.Length * 4)];
        "ri"u8.CopyTo(content);
        BinaryPrimitives.WriteUInt16LittleEndian(content.AsSpan(2), (ushort)lists.Length);
        for (var index = 0; index < lists.Length; index++)
            BinaryPrimitives.WriteInt32LittleEndian(content.AsSpan(4 + (index * 4)), lists[index]);
        var list = hive.Allocate(content);
        const int subkeyList = 0x1C;
        BinaryPrimitives.WriteInt32LittleEndian(hive.Cell(hive.Root.Offset)[subkeyList..], list);
    }
}
