"""From passages to hits: encoding, the FAISS and word indexes, their generations, and search."""
