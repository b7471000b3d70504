"""What makes the agent start with its machine: a systemd unit, or a task of Windows; printed, never installed by us."""

import re
import sys
from pathlib import Path

UNIT = """\
# /etc/systemd/system/service-desk-agent.service
# {file} must lie where only root may write: whoever can change it reads the secrets.
[Unit]
Description=Service Desk site agent
After=network-online.target
Wants=network-online.target

[Service]
ExecStart={python} {file} --home {home} run
Restart=always
RestartSec=30
# 3: the desk has revoked this agent, so starting it again is useless.
RestartPreventExitStatus=3
User={user}
StateDirectory=service-desk-agent
StateDirectoryMode=0700
UMask=0077
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths={home}
PrivateTmp=yes
MemoryMax=512M
CPUQuota=50%

[Install]
WantedBy=multi-user.target

# Start:  systemctl daemon-reload && systemctl enable --now service-desk-agent
# Undo:   systemctl disable --now service-desk-agent && rm /etc/systemd/system/service-desk-agent.service
"""

TASK = """\
# Run once in PowerShell as administrator. It makes a task that starts with Windows, and every five minutes should it
# have ended. {file} and {python} must lie where only administrators may write: whoever can change
# them acts as SYSTEM. So it takes a Python that is installed for all users, not one from the Microsoft Store.
$ErrorActionPreference = 'Stop'
$action   = New-ScheduledTaskAction -Execute {python_said} -Argument {arguments}
$start    = New-ScheduledTaskTrigger -AtStartup
$again    = New-ScheduledTaskTrigger -Once -At (Get-Date) -RepetitionInterval (New-TimeSpan -Minutes 5) `
            -RepetitionDuration (New-TimeSpan -Days 3650)
$settings = New-ScheduledTaskSettingsSet -ExecutionTimeLimit ([TimeSpan]::Zero) -StartWhenAvailable `
            -MultipleInstances IgnoreNew -AllowStartIfOnBatteries -DontStopIfGoingOnBatteries
$who      = New-ScheduledTaskPrincipal -UserId 'SYSTEM' -LogonType ServiceAccount
Register-ScheduledTask -TaskName 'ServiceDeskAgent' -Action $action -Trigger $start, $again `
            -Settings $settings -Principal $who -Force
Start-ScheduledTask -TaskName 'ServiceDeskAgent'

# Undo:  Stop-ScheduledTask ServiceDeskAgent; Unregister-ScheduledTask ServiceDeskAgent -Confirm:$false
"""


def text(system: str, file: Path, home: Path) -> str:
    """The unit for `linux`, or the task for `windows`, with the paths of this very agent."""
    if system == "windows":
        arguments = _said(f'"{file}" --home "{home}" run')
        return TASK.format(python=sys.executable, file=file, python_said=_said(sys.executable), arguments=arguments)
    return UNIT.format(python=sys.executable, file=file, home=home, user=_owner(home))


def _said(words: str) -> str:
    """A text of PowerShell in which nothing is looked for; the quotes it knows, straight and curly, stand twice."""
    return "'" + re.sub("(['\u2018\u2019\u201a\u201b])", r"\1\1", words) + "'"


def _owner(home: Path) -> str:
    """Who owns the agent's folder, and so has to run it."""
    if sys.platform == "win32":
        return "root"
    try:
        return home.owner()
    except (OSError, KeyError):
        return "root"
