"""What the office lays down for the gate (校门): hours, measures, lists, roster, invitations."""
