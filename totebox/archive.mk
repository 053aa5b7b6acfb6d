# the archive on disk, its imports and command line
