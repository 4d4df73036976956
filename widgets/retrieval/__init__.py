"""What finds what: retrieval runs, their browser and galleries."""
