using System.Globalization;

namespace DeployFlow.StandIns;

/// <summary>Knows the commands of Microsoft's own script for UEFI and a few more, each in its exact spelling.</summary>
internal sealed class Diskpart(Place place)
{
    private const int WrongParameters = 2;
    private const int NoScript = 3;
    private const int ServiceFailed = 4;
    private const int WrongSyntax = 5;

    private GptDisk? _disk;
    private int _partition;
    private bool _isFormatted;
    private char _volume;

    public int Run(string[] args)
    {
        if (args is not ["/s", var file])
            return WrongParameters;
        if (!File.Exists(file))
            return NoScript;
        Console.Out.Write("\r\nMicrosoft DiskPart version 10.0.26100.1\r\n\r\nCopyright (C) Microsoft Corporation.\r\nOn computer: MININT-STANDIN\r\n");
        foreach (var command in File.ReadAllLines(file))
        {
            place.Note($"  {command}");
            var (exitCode, said) = Carry(command.Trim().Split(' ', StringSplitOptions.RemoveEmptyEntries));
            Console.Out.Write($"\r\n{said}\r\n");
            if (exitCode != 0)
                return exitCode;
        }

        return 0;
    }

    private (int ExitCode, string Said) Carry(string[] words) => words switch
    {
        ["select", "disk", "0"] => SelectDisk(),
        ["select", "disk", _] => (WrongSyntax, "The disk you specified is not valid.\r\n\r\nThere is no disk selected."),
        ["select", "volume", [var letter]] => SelectVolume(letter),
        _ when _disk is null && _volume == default => (WrongSyntax, "There is no disk selected."),
        ["clean"] => Change(_disk!.Clean, "DiskPart succeeded in cleaning the disk."),
        ["convert", "gpt"] => Change(_disk!.MakeTable, "DiskPart successfully converted the selected disk to GPT format."),
        ["uniqueid", "disk", var id] when Guid.TryParse(Value(id, "id="), out var guid) => Change(() => _disk!.SetId(guid), ""),
        ["create", "partition", var kind, var size] when long.TryParse(Value(size, "size="), CultureInfo.InvariantCulture, out var mebibytes) => Create(kind, mebibytes),
        ["select", "partition", var number] => SelectPartition(int.Parse(number, CultureInfo.InvariantCulture)),
        ["format", "quick", "fs=fat32" or "fs=ntfs", var label] when label.StartsWith("label=\"", StringComparison.Ordinal) => Format(),
        ["format", "quick", "fs=fat32" or "fs=ntfs", var label, "override"] when label.StartsWith("label=\"", StringComparison.Ordinal) => Format(),
        ["assign", var letter] when Value(letter, "letter=") is [var given] => Assign(given),
        ["set", var type] when Guid.TryParse(Value(type, "id=")?.Trim('"'), out var guid) => Change(() => _disk!.SetType(_partition, guid), "DiskPart successfully set the partition ID."),
        ["gpt", "attributes=0x8000000000000001"] => Change(() => _disk!.SetAttributes(_partition, 0x8000000000000001), "DiskPart successfully assigned the attributes to the selected GPT partition."),
        _ => (WrongSyntax, "The arguments specified for this command are not valid."),
    };

    private (int ExitCode, string Said) SelectDisk()
    {
        _disk = new GptDisk(place.Disk);
        return (0, "Disk 0 is now the selected disk.");
    }

    private (int ExitCode, string Said) SelectVolume(char letter)
    {
        if (!Letters().ContainsKey(letter))
            return (WrongSyntax, "The volume you selected is not valid or does not exist.");
        _volume = letter;
        return (0, "Volume 1 is the selected volume.");
    }

    private (int ExitCode, string Said) SelectPartition(int number)
    {
        if (!_disk!.Has(number))
            return (WrongSyntax, "The specified partition is not valid.\r\nPlease select a valid partition.");
        (_partition, _isFormatted) = (number, false);
        return (0, $"Partition {number} is now the selected partition.");
    }

    private (int ExitCode, string Said) Create(string kind, long mebibytes)
    {
        var type = kind switch { "efi" => GptDisk.Efi, "msr" => GptDisk.Msr, "primary" => GptDisk.Basic, _ => Guid.Empty };
        if (type == Guid.Empty)
            return (WrongSyntax, "The arguments specified for this command are not valid.");
        if (_disk!.Add(type, mebibytes) is not { } number)
            return (ServiceFailed, "Virtual Disk Service error:\r\nThere is not enough usable space for this operation.");
        (_partition, _isFormatted) = (number, false);
        return (0, "DiskPart succeeded in creating the specified partition.");
    }

    /// <summary>A volume is the folder behind its letter; what has none yet is emptied when it gets one.</summary>
    private (int ExitCode, string Said) Format()
    {
        var letter = _volume != default ? _volume : Letters().FirstOrDefault(pair => pair.Value == _partition).Key;
        if (letter != default)
            Empty(letter);
        _isFormatted = true;
        return (0, "  100 percent completed\r\n\r\nDiskPart successfully formatted the volume.");
    }

    private (int ExitCode, string Said) Assign(char letter)
    {
        var letters = Letters();
        letters[letter] = _partition;
        File.WriteAllLines(place.Letters, letters.Select(pair => $"{pair.Key} {pair.Value}"));
        if (_isFormatted)
            Empty(letter);
        return (0, "DiskPart successfully assigned the drive letter or mount point.");
    }

    private Dictionary<char, int> Letters() => File.Exists(place.Letters)
        ? File.ReadAllLines(place.Letters).ToDictionary(line => line[0], line => int.Parse(line[2..], CultureInfo.InvariantCulture))
        : [];

    private static void Empty(char letter)
    {
        var root = new DirectoryInfo($"{letter}:\\");
        foreach (var entry in root.EnumerateFileSystemInfos())
        {
            if (entry is DirectoryInfo folder)
                folder.Delete(recursive: true);
            else
                entry.Delete();
        }
    }

    private static (int ExitCode, string Said) Change(Action change, string said)
    {
        change();
        return (0, said);
    }

    private static string? Value(string word, string name) => word.StartsWith(name, StringComparison.Ordinal) ? word[name.Length..] : null;
}
