"""Amounts as every face shows them."""

from decimal import Decimal


def format_amount(amount: Decimal, digits: int) -> str:
    """Return an amount with its decimals and a comma at every thousand."""
    return f"{amount:,.{digits}f}"


def format_yuan(amount: Decimal) -> str:
    """Return an amount of money with a comma at every thousand, and with its fen unless they are zero."""
    return format_amount(amount, 2).removesuffix(".00")


def format_percent(share: float | None) -> str:
    """Return a share in per cent with one decimal, "" for None."""
    return f"{share * 100:.1f} %" if share is not None else ""
