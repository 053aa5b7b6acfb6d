# sources of core/ and their tests: link
