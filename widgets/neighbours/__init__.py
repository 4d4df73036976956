"""What stands near what: tables of points, exact neighbours, projections and their explorer."""
