# Runs script.ps1 beside this file: UTF-8 out, parameters from DF_<NAME>, and a first line which proves that
# PowerShell really ran (a stub or a policy may end with success and do nothing).
[Console]::OutputEncoding = New-Object System.Text.UTF8Encoding $false
$OutputEncoding = [Console]::OutputEncoding
$ProgressPreference = 'SilentlyContinue'
[Console]::Out.WriteLine($env:DEPLOYFLOW_MARKER)
[Console]::Out.Flush()
Remove-Item -Path Env:DEPLOYFLOW_MARKER
$deployflowArguments = @{}
$deployflowScript = Join-Path -Path $PSScriptRoot -ChildPath 'script.ps1'
$deployflowDeclared = (Get-Command -Name $deployflowScript -CommandType ExternalScript).Parameters
if ($deployflowDeclared) {
    foreach ($deployflowName in $deployflowDeclared.Keys) {
        $deployflowValue = [Environment]::GetEnvironmentVariable('DF_' + $deployflowName.ToUpperInvariant())
        if ($null -ne $deployflowValue) { $deployflowArguments[$deployflowName] = $deployflowValue }
    }
}
$global:LASTEXITCODE = 0
# No try/catch: it would turn errors that end a statement into errors that end the script.
& $deployflowScript @deployflowArguments
exit $LASTEXITCODE
