"""Who is who: tenants, users, roles, sessions and API keys, and what each may do."""
