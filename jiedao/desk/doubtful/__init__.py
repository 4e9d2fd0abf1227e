"""Reports of the public that look like abuse: a clerk states that they are genuine, or voids their cases."""
