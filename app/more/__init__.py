"""The page More: where the pages are found that the navigation has no place for, and what each is for."""
