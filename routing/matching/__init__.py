"""Which capability can make which step, and how well."""
