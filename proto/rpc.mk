# sources of proto/ and their tests: rpc
