"""What PSPs tell us: the endpoint they post to. Storing and handling are operations."""
