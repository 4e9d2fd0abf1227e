"""Addresses of other systems that receive the events of cases: subscriptions (webhooks) and upper platforms."""
