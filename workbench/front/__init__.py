"""The front door: what a visitor of the demo sees, and what stands behind each tab."""
