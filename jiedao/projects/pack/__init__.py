"""What was promised, in a pack: projects with their plans, campaigns, responsibility items, aid."""
