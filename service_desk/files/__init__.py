"""Attachments, evidence and issued papers: a row per owner, bytes by hash."""
