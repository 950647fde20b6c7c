"""The fault ledger on the office pages (隐患台账), and what findings mean in words."""
