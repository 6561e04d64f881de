"""x"""
def multiply(connection, copies, counts, progress):
    raise NotImplementedError
