using System.Runtime.InteropServices;

namespace DeployFlow.Engine.Os.Linux;

/// <summary>A <c>char *argv[]</c> in native memory.</summary>
internal sealed unsafe class StringVector : IDisposable
{
    private readonly int _count;

    public StringVector(IReadOnlyCollection<string> strings)
    {
        _count = strings.Count;
        Pointer = (byte**)NativeMemory.AllocZeroed((nuint)(_count + 1), (nuint)sizeof(byte*));
        var index = 0;
        foreach (var text in strings)
            Pointer[index++] = (byte*)Marshal.StringToCoTaskMemUTF8(text);
    }

    /// <summary>Ends with a null pointer.</summary>
    public byte** Pointer { get; }

    public void Dispose()
    {
        for (var index = 0; index < _count; index++)
            Marshal.FreeCoTaskMem((nint)Pointer[index]);
        NativeMemory.Free(Pointer);
    }
}
