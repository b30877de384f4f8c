using CsCheck;
using DeployFlow.Engine.Os.Smbios;

namespace DeployFlow.Agent.Tests;

public sealed class SmbiosTests
{
    private static readonly byte[] Uuid = [0x44, 0x45, 0x4c, 0x4c, 0x42, 0x00, 0x10, 0x30, 0x80, 0x51, 0xb4, 0xc0, 0x4f, 0x31, 0x32, 0x33];

    [Fact]
    public void The_system_structure_is_read()
    {
        var tables = new SmbiosTables(Table(Uuid, "LENOVO", "20XW", "", "PF2ABCDE", "LENOVO_MT_20XW"));
        Assert.Equal(("LENOVO", "20XW", "PF2ABCDE", "LENOVO_MT_20XW"), (tables.Manufacturer, tables.Model, tables.Serial, tables.Sku));
        Assert.Equal("4c4c4544-0042-3010-8051-b4c04f313233", tables.Uuid);
    }

    [Theory]
    [InlineData("To be filled by O.E.M.")]
    [InlineData("Default string")]
    [InlineData("  System Serial Number ")]
    [InlineData("00000000")]
    [InlineData("0123456789")]
    [InlineData("None")]
    [InlineData("........")]
    [InlineData(" ")]
    public void What_a_vendor_left_unfilled_is_null(string junk)
    {
        var tables = new SmbiosTables(Table(new byte[16], junk, junk, "", junk, junk));
        Assert.Null(tables.Manufacturer);
        Assert.Null(tables.Serial);
        Assert.Null(tables.Uuid);
    }

    [Fact]
    public void A_made_up_uuid_is_null()
    {
        Assert.Null(new SmbiosTables(Table([.. Enumerable.Repeat((byte)0xff, 16)], "A Vendor", "M", "", "S1", "K")).Uuid);
        Assert.Null(new SmbiosTables(Table(new Guid("03000200-0400-0500-0006-000700080009").ToByteArray(), "A Vendor", "M", "", "S1", "K")).Uuid);
    }

    [Fact]
    public void Garbage_is_survived() => Gen.Byte.Array[0, 300].Sample(bytes =>
    {
        var tables = new SmbiosTables(bytes);
        _ = tables.Uuid + tables.Serial + tables.Sku;
        _ = SmbiosTables.FromWindows(bytes).Manufacturer;
    });

    private static byte[] Table(byte[] uuid, string manufacturer, string product, string version, string serial, string sku)
    {
        var strings = new[] { manufacturer, product, version, serial, sku };
        byte Number(int index) => strings[index].Length == 0 ? (byte)0 : (byte)(strings.Take(index).Count(text => text.Length > 0) + 1);
        byte[] bios = [0, 0x18, 0, 0, 1, .. new byte[0x13], .. "BIOS\0\0"u8];
        byte[] system = [1, 0x1b, 1, 0, Number(0), Number(1), Number(2), Number(3), .. uuid, 6, Number(4), 0];
        return [.. bios, .. system, .. strings.Where(text => text.Length > 0).SelectMany(text => System.Text.Encoding.Latin1.GetBytes(text + "\0")), 0, 127, 4, 0xff, 0xfe, 0, 0];
    }
}
