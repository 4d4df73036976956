"""Pure functions behind the pictures, written twice: in NumPy and beside it in JavaScript.

``tests/widgets/vectors/*.json`` hold inputs and answers that both must give.
"""
