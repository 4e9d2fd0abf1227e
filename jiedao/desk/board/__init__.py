"""The board: figures of the loop and the cases behind them."""
