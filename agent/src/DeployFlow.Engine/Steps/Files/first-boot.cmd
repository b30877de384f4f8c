@echo off
rem Runs what a deployment left for the first start, once, as SYSTEM; the output is in first-boot.log.
setlocal
cd /d "%~dp0"
rem Making a folder succeeds for the first caller only.
md started 2>nul || exit /b 0
for %%f in (step-*.cmd) do (
  echo --- %%f %date% %time%>> first-boot.log
  cmd.exe /d /c "%%f" >> first-boot.log 2>&1
)
md done
exit /b 0
