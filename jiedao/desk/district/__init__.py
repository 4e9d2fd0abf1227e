"""The pages of a district: ranking of its offices, all figures side by side, and one office."""
