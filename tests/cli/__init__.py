"""The command line as people meet it: exit codes, one clear line for each fault, JSON that is nothing but JSON."""
