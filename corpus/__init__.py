"""From a file to passages: reading, cleaning, structure, and exact offsets. Knows neither the index nor the chat."""
