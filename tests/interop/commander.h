// commander.h - commands in C++: what names one, and an object that takes them.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "examples/totebox-cpp/capability.h"

namespace commands
{

// SHA-256 over the canonical encoding of what the command says.
tls::Hash digest(psp::Command::Reader command);
// What the archive signs of a receipt: label(32) || canonical Receipt without
// signature.
kj::Array<kj::byte> signedBytes(psp::Receipt::Reader receipt);

// All commands that an archive has seen.
struct Ledger {
    tls::Key &authority;
    std::function<int64_t()> clockMs;
    std::function<uint64_t()> revision;
    uint64_t executed = 0;
    struct Entry {
        tls::Hash digest;
        std::shared_ptr<capnp::MallocMessageBuilder> receipt;
    };
    std::map<std::string, Entry> entries{};
};

// The verbs: "note" is done, "fail" fails, any other is refused; nothing really
// happens.
psp::Commander::Client newCommander(Ledger &ledger,
                                    std::shared_ptr<capability::Authority> authority);

} // namespace commands
