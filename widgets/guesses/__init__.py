"""What is guessed for what is hidden: its record and its viewer."""
