"""What schools stand on that draw relations whole: chance, lines, records, what is true, files."""
