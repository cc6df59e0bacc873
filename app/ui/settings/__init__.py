"""Settings: one page made from the schema, with models and privacy below."""
