using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DeployFlow.Engine.Os.Linux;

/// <summary>
/// Starts a program as the leader of a new session by <c>posix_spawn</c>. <c>System.Diagnostics.Process</c> can
/// make neither a session nor a process group, and a kill must reach all of the tree.
/// </summary>
public sealed unsafe class LinuxProcessLauncher : IProcessLauncher
{
    // posix_spawnattr_t, posix_spawn_file_actions_t and sigset_t are opaque: 336, 80 and 128 bytes in glibc.
    private const int OpaqueSize = 1024;

    public IRunningProcess Start(ProcessOrder order)
    {
        var output = NewPipe();
        var errors = NewPipe();
        var input = order.TakesInput ? NewPipe() : (Read: -1, Write: -1);
        try
        {
            var pid = Spawn(order, input.Read, output.Write, errors.Write);
            return new LinuxProcess(
                new ProcessTrace(order.Mark, pid, ProcessTable.StartStamp(pid)), Reader(output.Read), Reader(errors.Read),
                order.TakesInput ? Writer(input.Write) : null);
        }
        catch
        {
            _ = Libc.Close(output.Read);
            _ = Libc.Close(errors.Read);
            if (order.TakesInput)
                _ = Libc.Close(input.Write);
            throw;
        }
        finally
        {
            _ = Libc.Close(output.Write);
            _ = Libc.Close(errors.Write);
            if (order.TakesInput)
                _ = Libc.Close(input.Read);
        }
    }

    public int KillLeftovers(ProcessTrace trace) => ProcessTable.KillTree(trace);

    private static int Spawn(ProcessOrder order, int input, int output, int errors)
    {
        var memory = (byte*)NativeMemory.AllocZeroed(4 * OpaqueSize);
        void* actions = memory, attributes = memory + OpaqueSize, mask = memory + (2 * OpaqueSize), defaults = memory + (3 * OpaqueSize);
        _ = Libc.ActionsInit(actions);
        _ = Libc.AttributesInit(attributes);
        using var argv = new StringVector([order.FileName, .. order.Arguments]);
        using var envp = new StringVector(
            [.. order.Environment.Select(pair => $"{pair.Key}={pair.Value}"), $"{ProcessOrder.MarkVariable}={order.Mark}"]);
        try
        {
            if (order.TakesInput)
                _ = Libc.ActionsAddDup2(actions, input, 0);
            else
                _ = Libc.ActionsAddOpen(actions, 0, "/dev/null", 0, 0);
            _ = Libc.ActionsAddDup2(actions, output, 1);
            _ = Libc.ActionsAddDup2(actions, errors, 2);
            _ = Libc.ActionsAddChangeDirectory(actions, order.WorkingDirectory);
            // The runtime ignores SIGPIPE, and an ignored signal stays ignored in a child: `yes | head` would not end.
            _ = Libc.SignalSetEmpty(mask);
            _ = Libc.SignalSetEmpty(defaults);
            _ = Libc.SignalSetAdd(defaults, Libc.SigPipe);
            _ = Libc.AttributesSetSignalMask(attributes, mask);
            _ = Libc.AttributesSetSignalDefaults(attributes, defaults);
            _ = Libc.AttributesSetFlags(attributes, Libc.SpawnSetSid | Libc.SpawnSetSigMask | Libc.SpawnSetSigDef);
            var error = Libc.Spawn(out var pid, argv.Pointer[0], actions, attributes, argv.Pointer, envp.Pointer);
            return error == 0 ? pid : throw new ProcessStartException($"{order.FileName}: {Marshal.GetPInvokeErrorMessage(error)}");
        }
        finally
        {
            _ = Libc.ActionsDestroy(actions);
            _ = Libc.AttributesDestroy(attributes);
            NativeMemory.Free(memory);
        }
    }

    private static (int Read, int Write) NewPipe()
    {
        var ends = stackalloc int[2];
        return Libc.Pipe(ends, Libc.CloseOnExec) == 0
            ? (ends[0], ends[1])
            : throw new ProcessStartException($"No pipe for the output: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    private static FileStream Reader(int descriptor) => new(new SafeFileHandle(descriptor, ownsHandle: true), FileAccess.Read, bufferSize: 0);

    private static FileStream Writer(int descriptor) => new(new SafeFileHandle(descriptor, ownsHandle: true), FileAccess.Write, bufferSize: 0);
}

internal sealed class LinuxProcess : IRunningProcess
{
    private readonly TaskCompletionSource<int> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LinuxProcess(ProcessTrace trace, Stream output, Stream errors, Stream? input)
    {
        Trace = trace;
        Output = output;
        Errors = errors;
        Input = input;
        new Thread(Wait, maxStackSize: 128 * 1024) { IsBackground = true, Name = "wait" }.Start();
    }

    public ProcessTrace Trace { get; }

    public Stream Output { get; }

    public Stream Errors { get; }

    public Stream? Input { get; }

    public Task<int> Exited => _exited.Task;

    public void KillTree() => ProcessTable.KillTree(Trace);

    public void Dispose()
    {
        Output.Dispose();
        Errors.Dispose();
        Input?.Dispose();
    }

    private void Wait()
    {
        const int interrupted = 4;
        int status;
        while (Libc.WaitPid(Trace.Pid, out status, 0) < 0)
        {
            if (Marshal.GetLastPInvokeError() != interrupted)
                break;
        }

        var signal = status & 0x7f;
        _exited.SetResult(signal == 0 ? (status >> 8) & 0xff : 128 + signal);
    }
}
