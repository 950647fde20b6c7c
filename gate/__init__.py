"""The gate (校门): who came in, whom to see, who is still inside."""
