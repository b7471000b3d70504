"""How people are told. One file and one line here for each channel.

The robots' channels are our own small files: the notification library that covers them all (apprise) neither signs
飞书 nor reads the error code inside an HTTP 200, keeps no answer, and resolves and dials by itself past our guard.
"""

from service_desk.alerts.channels import bark, bell, dingtalk, email, feishu, serverchan, webhook, wecom
from service_desk.alerts.channels.channel import Channel

CHANNELS: dict[str, Channel] = {
    one.key: one
    for one in (
        email.CHANNEL,
        dingtalk.CHANNEL,
        wecom.CHANNEL,
        feishu.CHANNEL,
        bark.CHANNEL,
        serverchan.CHANNEL,
        webhook.CHANNEL,
        bell.CHANNEL,
    )
}

__all__ = ["CHANNELS", "Channel"]
