# sources of proto/ and their tests: security
