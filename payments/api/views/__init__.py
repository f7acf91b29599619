"""The views of the payments endpoints: parse, call, serialize."""
