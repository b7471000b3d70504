"""The verbs of accounts: signing in and out, second factor, sessions, reset, invitations, people, practices, drafts."""
