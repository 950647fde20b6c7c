"""Visitors on the gate page and in the gate book (来访): forms, badges, refusals, records, ledger."""
