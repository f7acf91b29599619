"""Views of subscriptions, by resource."""
