# bench/: floors, subjects and peers, run alternately.
