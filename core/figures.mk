# sources of core/ and their tests: figures
