"""The doors of release health: HTTP and the command line, with no rule of the domain in them."""
