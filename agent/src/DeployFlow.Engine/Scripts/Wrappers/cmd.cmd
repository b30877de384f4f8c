@echo off
chcp 65001 >nul
call "%~dp0script.cmd"
exit /b %errorlevel%
