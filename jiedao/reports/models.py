"""The tables of reports."""

from jiedao.reports.forms.models import Form, FormBinding, FormBlank, FormFigure, FormFill

__all__ = ["Form", "FormBinding", "FormBlank", "FormFigure", "FormFill"]
