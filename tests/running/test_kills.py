"""The desk under sudden death: twenty SIGKILLs, a wiped Valkey and a database server that stops at once.

Proved afterwards by asking the database and the mail server: every accepted slot has exactly one terminal result, no
incident and no ticket exists twice, no mail was sent twice, nothing is stuck, invoice numbers have no gap, no heartbeat
raised a false alarm, and the supervisor has restarted whatever died.
"""
