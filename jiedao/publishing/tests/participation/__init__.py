"""Tests of the public review and of consultations; their town is that of now."""
