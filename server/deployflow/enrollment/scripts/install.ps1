# Installs the DeployFlow agent on Windows and enrolls this machine at @SERVER@
#
#   $env:DEPLOYFLOW_TOKEN='dfe_...'; irm @SERVER@/install.ps1 | iex        (in PowerShell as administrator)
#
# DEPLOYFLOW_TOKEN     enrollment token, from the console; not needed to update an enrolled machine
# DEPLOYFLOW_SERVER    address of the server                      (@SERVER@)
# DEPLOYFLOW_PREFIX    where the program goes                     (C:\Program Files\DeployFlow\Agent)
# DEPLOYFLOW_DATA_DIR  where the agent keeps its key and journal  (C:\ProgramData\DeployFlow\Agent)
# DEPLOYFLOW_CA        PEM file of a private CA to trust
# DEPLOYFLOW_FORCE     yes: enroll again, as a machine that is enrolled already
# DEPLOYFLOW_SERVICE   no: do not register the service

# In a function, called in the last line: a script cut off by a broken connection then runs nothing.
# It throws and never exits, since under `iex` an exit would close the window together with the message.
function Install-DeployFlowAgent {
    $ErrorActionPreference = 'Stop'
    # The progress bar makes Windows PowerShell's downloads many times slower.
    $ProgressPreference = 'SilentlyContinue'
    # Windows PowerShell on old systems still offers TLS 1.0 first.
    [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12

    function Setting([string] $Name, [string] $Default) {
        $value = [Environment]::GetEnvironmentVariable($Name)
        if ([string]::IsNullOrEmpty($value)) { return $Default }
        return $value
    }

    function Invoke-Agent([string[]] $Arguments) {
        # Native programs report by their exit code, and what they write to stderr is no PowerShell error.
        $ErrorActionPreference = 'Continue'
        & $agent @Arguments | Out-Host
        if ($LASTEXITCODE -ne 0) { throw "deployflow-agent $($Arguments[0]) ended with code $LASTEXITCODE; see its message above." }
    }

    function Get-File([string] $From, [string] $To) {
        try {
            Invoke-WebRequest -UseBasicParsing -Uri $From -OutFile $To
        }
        catch {
            $said = $_.ErrorDetails.Message
            $detail = if ($said -match '"detail":"([^"]*)"') { $Matches[1] } else { $_.Exception.Message }
            throw "$From cannot be downloaded: $detail"
        }
    }

    $server = (Setting 'DEPLOYFLOW_SERVER' '@SERVER@').TrimEnd('/')
    $prefix = Setting 'DEPLOYFLOW_PREFIX' (Join-Path $env:ProgramFiles 'DeployFlow\Agent')
    $data = Setting 'DEPLOYFLOW_DATA_DIR' (Join-Path $env:ProgramData 'DeployFlow\Agent')
    $ca = Setting 'DEPLOYFLOW_CA' ''
    $force = (Setting 'DEPLOYFLOW_FORCE' 'no') -eq 'yes'
    $service = (Setting 'DEPLOYFLOW_SERVICE' 'yes') -ne 'no'

    $principal = New-Object Security.Principal.WindowsPrincipal ([Security.Principal.WindowsIdentity]::GetCurrent())
    if (-not $principal.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) {
        throw 'Run this in a PowerShell opened as administrator.'
    }
    if (-not [Environment]::Is64BitOperatingSystem) { throw 'The agent needs a 64-bit Windows.' }

    $work = Join-Path ([IO.Path]::GetTempPath()) ('deployflow-' + [Guid]::NewGuid().ToString('N'))
    New-Item -ItemType Directory -Path $work | Out-Null
    try {
        Write-Host "Downloading the agent from $server"
        $zip = Join-Path $work 'agent.zip'
        Get-File "$server/download/agent/win-x64" $zip
        Get-File "$server/download/agent/win-x64.sha256" (Join-Path $work 'sum')
        $wanted = ((Get-Content (Join-Path $work 'sum') -TotalCount 1) -split ' ')[0]
        $found = (Get-FileHash -Algorithm SHA256 -Path $zip).Hash
        if ($found -ne $wanted) { throw "The download is damaged: its SHA-256 is $found and not $wanted. Try again." }
        Expand-Archive -Path $zip -DestinationPath (Join-Path $work 'new')

        $running = Get-Service -Name 'DeployFlowAgent' -ErrorAction SilentlyContinue
        if ($running -and $running.Status -ne 'Stopped') { Stop-Service -Name 'DeployFlowAgent' }
        New-Item -ItemType Directory -Force -Path $prefix | Out-Null
        Copy-Item -Path (Join-Path $work 'new\*') -Destination $prefix -Recurse -Force
        $agent = Join-Path $prefix 'deployflow-agent.exe'
        Write-Host "Installed $agent"

        $enrolled = $false
        if (-not $force) {
            $ErrorActionPreference = 'Continue'
            & $agent status --data-dir $data 2>&1 | Out-Null
            $enrolled = $LASTEXITCODE -eq 0
            $ErrorActionPreference = 'Stop'
        }
        if ($enrolled) {
            Write-Host 'This machine is enrolled already; DEPLOYFLOW_FORCE=yes enrolls it again.'
        }
        else {
            if (-not $env:DEPLOYFLOW_TOKEN) { throw "No token: make one in the console and give it as `$env:DEPLOYFLOW_TOKEN." }
            $arguments = @('enroll', '--server', $server, '--data-dir', $data)
            if ($ca) { $arguments += @('--ca', $ca) }
            if ($force) { $arguments += '--force' }
            if ($server -like 'http://*') {
                Write-Warning "$server is not encrypted. Use https for machines outside of this network."
                $arguments += '--insecure-http'
            }
            # The token reaches the agent by the environment, where the list of processes does not show it.
            Invoke-Agent $arguments
        }
        Remove-Item Env:DEPLOYFLOW_TOKEN -ErrorAction SilentlyContinue

        if ($service) {
            Invoke-Agent @('service', 'install', '--data-dir', $data)
        }
        else {
            Write-Host "No service was registered. Run the agent in the foreground with:`n  & '$agent' run --data-dir '$data'"
        }
    }
    finally {
        Remove-Item -Recurse -Force -Path $work -ErrorAction SilentlyContinue
    }
}

Install-DeployFlowAgent
