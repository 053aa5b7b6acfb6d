# sources of proto/ and their tests: rows
