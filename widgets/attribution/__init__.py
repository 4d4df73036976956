"""What an answer rests on: its record and its explorer."""
