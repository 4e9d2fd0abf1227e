"""Forms that a superior sends, bound once and filled for any period: 一表通."""
