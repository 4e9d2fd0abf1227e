"""The pages of promises: campaigns, responsibility items and decisions, aid."""
