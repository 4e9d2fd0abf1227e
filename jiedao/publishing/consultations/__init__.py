"""Consultations 征求意见: the public answers questions until a last day, and the office publishes the results."""
