"""Consultations for the public: questions until a last day, one answer for each code, and the results."""
