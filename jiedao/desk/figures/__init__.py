"""Figures: the catalogue of measures, the page of each, and entering the figures that no record gives."""
