// An empty static library needs one object file.
