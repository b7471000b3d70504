"""What makes the agent start with its machine: a systemd unit, or a task of Windows; printed, never installed by us."""

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
# Run once in PowerShell as administrator. It makes a task that starts with Windows and is started again when it ends.
# {file} must lie where only administrators may write: whoever can change it acts as SYSTEM.
$action   = New-ScheduledTaskAction -Execute '{python}' -Argument '"{file}" --home "{home}" run'
$trigger  = New-ScheduledTaskTrigger -AtStartup
$settings = New-ScheduledTaskSettingsSet -RestartCount 999 -RestartInterval (New-TimeSpan -Minutes 1) `
            -ExecutionTimeLimit ([TimeSpan]::Zero) -StartWhenAvailable -MultipleInstances IgnoreNew
$who      = New-ScheduledTaskPrincipal -UserId 'SYSTEM' -LogonType ServiceAccount
Register-ScheduledTask -TaskName 'ServiceDeskAgent' -Action $action -Trigger $trigger `
            -Settings $settings -Principal $who
Start-ScheduledTask -TaskName 'ServiceDeskAgent'

# Undo:  Stop-ScheduledTask ServiceDeskAgent; Unregister-ScheduledTask ServiceDeskAgent -Confirm:$false
"""


def text(system: str, file: Path, home: Path) -> str:
    """The unit for `linux`, or the task for `windows`, with the paths of this very agent."""
    form = TASK if system == "windows" else UNIT
    return form.format(python=sys.executable, file=file, home=home, user=_owner(home))


def _owner(home: Path) -> str:
    """Who owns the agent's folder, and so has to run it."""
    try:
        return home.owner()
    except (OSError, KeyError, NotImplementedError):
        return "root"
