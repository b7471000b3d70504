"""The agent at a client's: the same connectors, run beside the ERP; what they see is handed out over HTTPS.

It needs no way in, keeps the ERP's secrets on its own machine, and goes on looking while the way out is down. It is
one file, `agent.pyz`, made by `connectors.agent.build`; `python agent.pyz --help` says what it can be asked.
"""
