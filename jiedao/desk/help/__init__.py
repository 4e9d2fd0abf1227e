"""Help: how to do the work of each post and what each page is for, shipped with the program."""
