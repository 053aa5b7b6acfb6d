#!/bin/sh
# Runs where the interoperation tests cannot be built, so that it is seen.
echo "skip interop: no g++, capnp, libcapnp-dev, libssl-dev or libcmocka-dev"
echo "(scripts/install names the packages)"
exit 77
