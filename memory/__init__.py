"""What the assistant keeps about a user across threads."""
