"""Amounts as every face shows them."""

from decimal import ROUND_DOWN, Decimal


def format_amount(amount: Decimal, digits: int) -> str:
    """Return an amount with its decimals and a comma at every thousand."""
    return f"{amount:,.{digits}f}"


def format_amount_of(amount: Decimal, whole: Decimal, digits: int) -> str:
    """Return an amount with its decimals; one below the whole is never rounded up to it."""
    smallest = Decimal(1).scaleb(-digits)
    if amount < whole <= round(amount, digits):
        amount = amount.quantize(smallest, ROUND_DOWN)
    return format_amount(amount, digits)


def format_yuan(amount: Decimal) -> str:
    """Return an amount of money with a comma at every thousand, and with its fen unless they are zero."""
    return format_amount(amount, 2).removesuffix(".00")


def format_percent(share: float | None) -> str:
    """Return a share in per cent with one decimal, "" for None; less than all is never written as 100 %."""
    if share is None:
        return ""
    percent = f"{share * 100:.1f}"
    return f"{'99.9' if share < 1 and percent == '100.0' else percent} %"
