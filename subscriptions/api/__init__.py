"""The REST API of subscriptions: parse, call one operation or query, answer with a shape."""
