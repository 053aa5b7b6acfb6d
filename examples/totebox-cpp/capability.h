// capability.h - a Totebox's judgement of a token: who may see what, and until when.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <capnp/message.h>

#include "examples/totebox-cpp/tls.h"
#include "psp.capnp.h"

namespace capability
{

// Throws the exception that a PSP caller understands: "psp.<code>: <text>".
[[noreturn]] void refuse(const char *code, const char *text);

struct Policy {
    tls::Hash authority; // this Totebox's public key: the audience
    tls::Hash peer;      // pin of the key that TLS proved
    uint64_t epoch;      // of the pairing
    int64_t clockMs;
};

tls::Hash linkId(tls::Bytes body);
// What is signed: label(32) || linkId(32).
std::array<kj::byte, 64> signedBytes(const tls::Hash &linkId);
tls::Hash label(const char *purpose); // 32 bytes: what a signature is for
// The canonical body of a link: its known fields and nothing else.
kj::Array<capnp::word> encode(psp::Link::Reader link);

// A verified chain.  Every question is put to every link, so that nothing a later link
// says can widen an earlier one.
class Authority
{
  public:
    // Refused without one of the rights in `anyOf`: by default those to read.
    Authority(psp::Token::Reader token, const Policy &policy, uint32_t anyOf = 0x1f);

    bool has(uint32_t right) const
    {
        return (rights & right) == right;
    }
    bool seesView(kj::StringPtr view) const;
    bool seesRow(kj::StringPtr view, kj::StringPtr key) const;
    bool seesColumn(kj::StringPtr view, kj::StringPtr column) const;
    bool seesCell(kj::StringPtr view, kj::StringPtr key, kj::StringPtr column) const;
    // A command of this verb and digest may be submitted.
    bool permits(kj::StringPtr verb, const tls::Hash &digest) const;
    void writeInfo(psp::GrantInfo::Builder info, int64_t clockMs) const;
    const tls::Hash &leafId() const
    {
        return leaf;
    }
    int64_t endsMs() const
    {
        return notAfter;
    }

  private:
    void take(const Policy &policy, psp::SignedLink::Reader next, tls::Hash &signer,
              bool isLast);

    bool everyLink(const std::function<bool(psp::Scope::Reader)> &holds) const;

    std::vector<std::unique_ptr<capnp::MallocMessageBuilder>> links;
    tls::Hash leaf{};
    int depth = 256;
    uint32_t rights = ~0u, maxRows = ~0u, minGroup = 0;
    int64_t notBefore = INT64_MIN, notAfter = INT64_MAX;
};

} // namespace capability
