"""Reading mail: from bytes to facts."""
