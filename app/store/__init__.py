"""The library database; ORM rows never leave this package."""
