"""Files on their way to the server, piece by piece; whoever they are for takes them over when they are whole."""
