"""Parts of the API that are to go: declared by their views, told to callers, counted, and reported."""
