# sources of core/ and their tests: config
