"""Reading: for the API, the admin and upper floors. Nothing here writes."""
