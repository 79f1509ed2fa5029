class SchemaError(ValueError):
    """What a schema says cannot be."""
