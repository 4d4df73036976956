"""Who looks at whom: records of attention and the explorer that draws them."""
