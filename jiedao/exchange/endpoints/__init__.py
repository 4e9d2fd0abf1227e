"""Addresses of other systems that are sent the events of cases: subscriptions (webhooks) and upper platforms."""
