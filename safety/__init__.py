"""Safety work (安全工作): the fault ledger (隐患台账)."""
