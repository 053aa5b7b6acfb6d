// mint.h - tokens made in C++: canonical bodies by libcapnp, signatures by OpenSSL.
#pragma once

#include <string>
#include <vector>

#include <capnp/message.h>

#include "examples/totebox-cpp/capability.h"
#include "examples/totebox-cpp/tls.h"
#include "psp.capnp.h"

namespace mint
{

std::string toHex(const tls::Hash &hash);
tls::Hash fromHex(const std::string &hex);

// A link as the root of `message`, with every field that has no choice set.
psp::Link::Builder link(capnp::MessageBuilder &message, const tls::Hash &totebox,
                        int64_t notBefore, int64_t notAfter);
void delegate(psp::Link::Builder link, const tls::Hash &publicKey);
void holder(psp::Link::Builder link, const tls::Hash &pin);
void scopeAll(psp::Link::Builder link); // all views, rows and columns
// One scope: a view, the rows of a prefix, and columns (none: all of them).
void scope(psp::Link::Builder link, const std::string &view, const std::string &prefix,
           const std::vector<std::string> &columns);
void setParent(psp::Link::Builder link, tls::Bytes parentBody);

void sign(psp::SignedLink::Builder to, const tls::Key &signer,
          kj::ArrayPtr<const capnp::word> body);
// The links one after another, all signed by one key; each is told its parent.
void append(psp::Token::Builder to, const tls::Key &signer,
            const std::vector<psp::Link::Builder> &links);

} // namespace mint
