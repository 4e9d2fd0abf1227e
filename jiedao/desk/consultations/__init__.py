"""Consultations 征求意见: writing and publishing them, handing out codes, and publishing the results."""
