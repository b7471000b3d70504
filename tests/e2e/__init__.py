"""The whole desk in a real browser, started as its users start it.

A scratch installation is made through the code of `make demo`: own database server, own Valkey, web server with two
workers, clock and worker as supervised children.  Chromium then walks, in Chinese: the engineer signs in, finds the
client with negative stock on the front page, opens the incident's ticket, logs time, closes, issues the invoice, builds
and downloads the handover pack; the client's boss sees the light change once the ERP is mended, and downloads the
invoice, whose bytes are those whose SHA-256 was stored.  Every page type is looked at in both languages, both colour
schemes, at 360 and at 1440 pixels: no console error, no policy violation, no overflow, everything named.
"""
