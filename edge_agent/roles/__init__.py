"""What each role is made of; one file per role, imported only by the process that serves it."""
