# the PSP server of an archive
