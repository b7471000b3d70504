"""People, practices, sign-in, second factor, roles, invitations."""
