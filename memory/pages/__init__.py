"""The pages on which people see, search, change and delete what is kept about them."""
