"""An operator's proof, on staging: more buyers than units, at once, through the real web server."""
