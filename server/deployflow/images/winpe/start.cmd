@echo off
rem What WinPE does after wpeinit: loads the drivers it was given, then lets the agent work until it is done.
rem The boot menu's choice is in deployflow-boot.json, which wimboot put into System32.
setlocal
set HERE=%SYSTEMDRIVE%\deployflow
set LOG=%HERE%\agent.log

if exist "%HERE%\drivers" for /r "%HERE%\drivers" %%I in (*.inf) do drvload "%%I" >>"%LOG%" 2>&1
rem A network card whose driver came just now asks for its address here.
if exist "%HERE%\drivers" wpeutil InitializeNetwork >>"%LOG%" 2>&1
wpeutil WaitForNetwork >>"%LOG%" 2>&1

"%HERE%\deployflow-agent.exe" deploy --boot-file "%SYSTEMROOT%\System32\deployflow-boot.json" --boot-key "%HERE%\server.pem" --log "%LOG%"
set ENDED=%ERRORLEVEL%
if "%ENDED%"=="0" (
  wpeutil reboot
  exit /b 0
)

echo.
echo The agent ended with %ENDED%. Its log is %LOG%. The machine starts anew in five minutes; exit does so now.
start "DeployFlow" /b cmd /c "ping -n 301 127.0.0.1 >nul & wpeutil reboot"
cmd /k
wpeutil reboot
