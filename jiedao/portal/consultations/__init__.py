"""Consultations for the public: questions until a last day, one answer a code, and the results."""
