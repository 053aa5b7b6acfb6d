// server.h - an archive's key, its one device, and the connections between them.
#pragma once

#include <functional>
#include <string>

#include <capnp/message.h>

#include "examples/totebox-cpp/tls.h"
#include "psp.capnp.h"

struct Keys {
    Keys(tls::Key own, tls::Key of);

    tls::Key authority, device;
    capnp::MallocMessageBuilder pairing; // a Token: the link that lets the device in
};

// Listens, says "ready ENTITY ADDRESS:PORT FINGERPRINT" and serves until it is killed.
// `object` makes what a connection starts with; `peer` is the key that TLS proved.
using Bootstrap = std::function<psp::Totebox::Client(const tls::Hash &peer)>;
void serve(kj::AsyncIoContext &io, const Keys &keys, const std::string &entity,
           const std::string &where, Bootstrap object);
