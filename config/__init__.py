"""What a campus is: settings read once from one YAML file and checked hard."""
