"""The read side of payments, for the API, the admin and upper floors. Nothing here writes."""
