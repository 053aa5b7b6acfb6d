# sources of proto/ and their tests: codec
