using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DeployFlow.Engine.Os.Windows;

internal static unsafe partial class Kernel32
{
    public const uint CreateSuspended = 0x4;
    public const uint CreateUnicodeEnvironment = 0x400;
    public const uint CreateNoWindow = 0x08000000;
    public const uint ExtendedStartupInfo = 0x00080000;
    public const int UseStdHandles = 0x100;
    public const int HandleFlagInherit = 1;
    public const uint GenericRead = 0x80000000;
    public const uint FileShareReadWrite = 3;
    public const uint OpenExisting = 3;
    public const uint Infinite = 0xffffffff;
    public const int JobExtendedLimits = 9;
    public const uint JobKillOnClose = 0x2000;
    public const nint AttributeHandleList = 0x20002;

    [StructLayout(LayoutKind.Sequential)]
    public struct SecurityAttributes
    {
        public int Length;
        public void* Descriptor;
        public int InheritHandle;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct StartupInfoEx
    {
        public int Size;
        public void* Reserved;
        public void* Desktop;
        public void* Title;
        public int X, Y, XSize, YSize, XCountChars, YCountChars, FillAttribute, Flags;
        public short ShowWindow, ReservedSize;
        public void* Reserved2;
        public nint Input, Output, Error;
        public void* AttributeList;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct ProcessInformation
    {
        public nint Process, Thread;
        public int ProcessId, ThreadId;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct JobLimits
    {
        public long PerProcessUserTime, PerJobUserTime;
        public uint Flags;
        public nuint MinimumWorkingSet, MaximumWorkingSet;
        public uint ActiveProcessLimit;
        public nuint Affinity;
        public uint PriorityClass, SchedulingClass;
        public fixed ulong IoCounters[6];
        public nuint ProcessMemory, JobMemory, PeakProcessMemory, PeakJobMemory;
    }

    [LibraryImport("kernel32", EntryPoint = "CreatePipe", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool CreatePipe(out nint read, out nint write, SecurityAttributes* attributes, uint size);

    [LibraryImport("kernel32", EntryPoint = "SetHandleInformation", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool SetHandleInformation(nint handle, int mask, int flags);

    [LibraryImport("kernel32", EntryPoint = "CloseHandle")]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool CloseHandle(nint handle);

    [LibraryImport("kernel32", EntryPoint = "CreateFileW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    public static partial nint CreateFile(
        string name, uint access, uint share, SecurityAttributes* attributes, uint disposition, uint flags, nint template);

    [LibraryImport("kernel32", EntryPoint = "CreateProcessW", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool CreateProcess(
        char* application, char* commandLine, void* processAttributes, void* threadAttributes, int inheritHandles, uint flags,
        char* environment, char* directory, StartupInfoEx* startup, ProcessInformation* information);

    [LibraryImport("kernel32", EntryPoint = "InitializeProcThreadAttributeList", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool InitializeAttributeList(void* list, int count, int flags, ref nuint size);

    [LibraryImport("kernel32", EntryPoint = "UpdateProcThreadAttribute", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool UpdateAttribute(void* list, uint flags, nint attribute, void* value, nuint size, void* previous, void* returned);

    [LibraryImport("kernel32", EntryPoint = "DeleteProcThreadAttributeList")]
    public static partial void DeleteAttributeList(void* list);

    [LibraryImport("kernel32", EntryPoint = "ResumeThread", SetLastError = true)]
    public static partial uint ResumeThread(nint thread);

    [LibraryImport("kernel32", EntryPoint = "CreateJobObjectW", SetLastError = true)]
    public static partial nint CreateJob(void* attributes, void* name);

    [LibraryImport("kernel32", EntryPoint = "SetInformationJobObject", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool SetJobLimits(nint job, int informationClass, JobLimits* limits, int size);

    [LibraryImport("kernel32", EntryPoint = "AssignProcessToJobObject", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool AssignToJob(nint job, nint process);

    [LibraryImport("kernel32", EntryPoint = "TerminateJobObject", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool TerminateJob(nint job, uint exitCode);

    [LibraryImport("kernel32", EntryPoint = "TerminateProcess", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool TerminateProcess(nint process, uint exitCode);

    [LibraryImport("kernel32", EntryPoint = "WaitForSingleObject", SetLastError = true)]
    public static partial uint Wait(nint handle, uint milliseconds);

    [LibraryImport("kernel32", EntryPoint = "GetExitCodeProcess", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool GetExitCode(nint process, out int exitCode);

    [LibraryImport("kernel32", EntryPoint = "GetSystemFirmwareTable", SetLastError = true)]
    public static partial uint GetFirmwareTable(uint provider, uint table, byte* buffer, uint size);

    [LibraryImport("kernel32", EntryPoint = "GetFirmwareType", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool GetFirmwareType(out uint type);

    [LibraryImport("kernel32", EntryPoint = "WTSGetActiveConsoleSessionId")]
    public static partial uint ActiveConsoleSession();

    public static FileStream Reader(nint handle) => new(new SafeFileHandle(handle, ownsHandle: true), FileAccess.Read, bufferSize: 0);
}
