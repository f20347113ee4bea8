"""What people touch: the command line, the chat, the source page and the HTTP interface."""
