using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace DeployFlow.Engine.Os.Windows;

/// <summary>
/// Starts a program suspended, puts it into a job object and lets it run, so that not even its first child escapes.
/// It inherits the three standard handles and nothing else.
/// </summary>
[SupportedOSPlatform("windows")]
public sealed unsafe class WindowsProcessLauncher : IProcessLauncher
{
    public IRunningProcess Start(ProcessOrder order)
    {
        var inheritable = new Kernel32.SecurityAttributes { Length = sizeof(Kernel32.SecurityAttributes), InheritHandle = 1 };
        var (outputRead, outputWrite) = NewPipe(&inheritable);
        var (errorsRead, errorsWrite) = NewPipe(&inheritable);
        var nothing = Kernel32.CreateFile(
            "NUL", Kernel32.GenericRead, Kernel32.FileShareReadWrite, &inheritable, Kernel32.OpenExisting, 0, 0);
        var job = new JobObject();
        try
        {
            var process = Create(order, nothing, outputWrite, errorsWrite, job);
            return new WindowsProcess(
                new ProcessTrace(order.Mark, process.ProcessId, 0), process.Process, job, Kernel32.Reader(outputRead), Kernel32.Reader(errorsRead));
        }
        catch
        {
            job.Dispose();
            Kernel32.CloseHandle(outputRead);
            Kernel32.CloseHandle(errorsRead);
            throw;
        }
        finally
        {
            Kernel32.CloseHandle(nothing);
            Kernel32.CloseHandle(outputWrite);
            Kernel32.CloseHandle(errorsWrite);
        }
    }

    /// <summary>Nothing to do: the job object was closed, and so its members killed, when the agent died.</summary>
    public int KillLeftovers(ProcessTrace trace) => 0;

    private static Kernel32.ProcessInformation Create(ProcessOrder order, nint input, nint output, nint errors, JobObject job)
    {
        var handles = stackalloc nint[] { input, output, errors };
        nuint size = 0;
        Kernel32.InitializeAttributeList(null, 1, 0, ref size);
        var list = NativeMemory.AllocZeroed(size);
        try
        {
            if (!Kernel32.InitializeAttributeList(list, 1, 0, ref size)
                || !Kernel32.UpdateAttribute(list, 0, Kernel32.AttributeHandleList, handles, (nuint)(3 * sizeof(nint)), null, null))
                throw Failure(order);
            var startup = new Kernel32.StartupInfoEx
            {
                Size = sizeof(Kernel32.StartupInfoEx),
                Flags = Kernel32.UseStdHandles,
                Input = input,
                Output = output,
                Error = errors,
                AttributeList = list,
            };
            Kernel32.ProcessInformation process;
            fixed (char* application = order.FileName)
            fixed (char* commandLine = Line(order) + '\0')
            fixed (char* environment = EnvironmentBlock(order))
            fixed (char* directory = order.WorkingDirectory)
            {
                const uint flags = Kernel32.CreateSuspended | Kernel32.CreateUnicodeEnvironment | Kernel32.CreateNoWindow
                    | Kernel32.ExtendedStartupInfo;
                if (!Kernel32.CreateProcess(application, commandLine, null, null, 1, flags, environment, directory, &startup, &process))
                    throw Failure(order);
            }

            if (!job.Add(process.Process))
            {
                Kernel32.TerminateProcess(process.Process, 1);
                throw Failure(order);
            }

            _ = Kernel32.ResumeThread(process.Thread);
            Kernel32.CloseHandle(process.Thread);
            return process;
        }
        finally
        {
            Kernel32.DeleteAttributeList(list);
            NativeMemory.Free(list);
        }
    }

    private static string Line(ProcessOrder order) =>
        order.RawArguments is { } raw ? $"\"{order.FileName}\" {raw}" : CommandLine.Of(order.FileName, order.Arguments);

    private static string EnvironmentBlock(ProcessOrder order)
    {
        var variables = new SortedDictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in order.Environment)
            variables[name] = value;
        variables[ProcessOrder.MarkVariable] = order.Mark;
        return string.Concat(variables.Select(pair => $"{pair.Key}={pair.Value}\0")) + '\0';
    }

    private static (nint Read, nint Write) NewPipe(Kernel32.SecurityAttributes* attributes)
    {
        if (!Kernel32.CreatePipe(out var read, out var write, attributes, 0))
            throw new ProcessStartException($"No pipe for the output: {Marshal.GetLastPInvokeErrorMessage()}");
        Kernel32.SetHandleInformation(read, Kernel32.HandleFlagInherit, 0);
        return (read, write);
    }

    private static ProcessStartException Failure(ProcessOrder order) => new($"{order.FileName}: {Marshal.GetLastPInvokeErrorMessage()}");
}

[SupportedOSPlatform("windows")]
internal sealed class WindowsProcess : IRunningProcess
{
    private readonly TaskCompletionSource<int> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly JobObject _job;
    private readonly nint _process;

    public WindowsProcess(ProcessTrace trace, nint process, JobObject job, Stream output, Stream errors)
    {
        Trace = trace;
        _process = process;
        _job = job;
        Output = output;
        Errors = errors;
        new Thread(Wait, maxStackSize: 128 * 1024) { IsBackground = true, Name = "wait" }.Start();
    }

    public ProcessTrace Trace { get; }

    public Stream Output { get; }

    public Stream Errors { get; }

    public Task<int> Exited => _exited.Task;

    public void KillTree() => _job.Kill();

    public void Dispose()
    {
        _job.Dispose();
        Output.Dispose();
        Errors.Dispose();
    }

    private void Wait()
    {
        _ = Kernel32.Wait(_process, Kernel32.Infinite);
        Kernel32.GetExitCode(_process, out var exitCode);
        Kernel32.CloseHandle(_process);
        _exited.SetResult(exitCode);
    }
}
